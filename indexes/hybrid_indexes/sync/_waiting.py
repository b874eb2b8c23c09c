"""New content of known documents, which waits until all that needs no vectors is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hybrid.protocols import Entry

if TYPE_CHECKING:
    from hybrid_indexes.sync._plan import Change

_CHARACTERS = 20_000_000


class Waiting:
    """A queue of changes as read; what would take too much memory is to be read again."""

    def __init__(self) -> None:
        self._first: deque[tuple[Entry, Change | None]] = deque()
        self._others: deque[tuple[Entry, Change | None]] = deque()
        self._room = _CHARACTERS

    def add(self, entry: Entry, change: Change, *, first: bool) -> None:
        """Let a change wait, in the order of the listing or ``first``."""
        self._room -= len(change.document.text) if change.document else 0
        (self._first if first else self._others).append((entry, change if self._room >= 0 else None))

    def in_order(self) -> Iterator[tuple[Entry, Change | None]]:
        """Yield each entry once, with its change where that was kept."""
        for waiting in (self._first, self._others):
            while waiting:
                yield waiting.popleft()
