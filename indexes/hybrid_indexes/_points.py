"""What the engine stores with every chunk, and how it is described to either executor."""

from __future__ import annotations

from collections.abc import Mapping

from hybrid.types import MetadataValue

DENSE = "dense"
SPARSE = "bm25"

VERSION = "version"
SCOPE = "scope"
META = "meta"


def payload(*, version: int, scope: int, metadata: Mapping[str, MetadataValue]) -> dict[str, object]:
    """Return the payload of a version's points: what filters look at, and no text.

    Metadata lives under a name of its own, so that no document can name a field that access depends on.
    """
    return {VERSION: version, SCOPE: scope, META: dict(metadata)}
