"""How golden files name documents: by full id, by path within the source or by file stem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath

from hybrid.errors import GoldenError

_SHOWN = 3


class DocumentNames:
    """Turns the name a person writes into the one document id it means.

    Example:
        >>> names = DocumentNames(["docs:help/refunds.md", "docs:help/plans.md"])
        >>> names.resolve("refunds")
        'docs:help/refunds.md'
    """

    def __init__(self, document_ids: Iterable[str]) -> None:
        """Take the ids (``source:path``) that may be meant."""
        ids = sorted(document_ids)
        paths = [(identifier.partition(":")[2], identifier) for identifier in ids]
        self._readings: tuple[Mapping[str, list[str]], ...] = (
            _grouped((identifier, identifier) for identifier in ids),
            _grouped(paths),
            _grouped((PurePosixPath(path).stem, identifier) for path, identifier in paths),
        )

    def resolve(self, name: str) -> str:
        """Return the id that ``name`` means: as a full id, else as a path, else as a file stem.

        Raises:
            GoldenError: No document or more than one is meant.
        """
        for reading in self._readings:
            if found := reading.get(name):
                if len(found) > 1:
                    raise GoldenError(f"document {name!r} is ambiguous; write one of {_listed(found)}")
                return found[0]
        near = get_close_matches(name, {key for reading in self._readings for key in reading}, n=_SHOWN)
        advice = f"did you mean {_listed(near)}?" if near else "nothing in the index is named like it; sync it first"
        raise GoldenError(f"unknown document {name!r}; {advice}")


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    grouped: defaultdict[str, list[str]] = defaultdict(list)
    for key, identifier in pairs:
        grouped[key].append(identifier)
    return dict(grouped)


def _listed(names: list[str]) -> str:
    shown = " or ".join(repr(name) for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} or {len(names) - _SHOWN} more"
