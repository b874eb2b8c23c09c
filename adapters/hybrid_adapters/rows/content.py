"""The version of a set of rows: a hash of what they say, whatever their order, and however their lines are written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

_USUAL: Mapping[str, Any] = {"decision": "open", "split": "train"}


def content_version(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return SHA-256 (hex) over the rows' canonical lines, sorted.

    A field that is left out counts as one that says nothing: null, an empty list, an open decision.

    Example:
        >>> one, other = {"id": "a", "tags": []}, {"id": "b"}
        >>> content_version([one, other]) == content_version([other, {"id": "a", "decision": "open"}])
        True
    """
    digest = hashlib.sha256()
    for line in sorted(canonical(row) for row in rows):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def canonical(row: Mapping[str, Any]) -> str:
    """Return a row as one line of JSON that is the same for equal rows."""
    said = {name: value for name, value in _said(row).items() if _USUAL.get(name, ...) != value}
    if isinstance(asking := said.get("as"), dict):
        said["as"] = _said(cast("dict[str, Any]", asking))
    return json.dumps(_said(said), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {}, "")}
