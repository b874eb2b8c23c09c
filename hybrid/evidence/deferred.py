"""A selector that is made at the first question, because most commands ask none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from hybrid.evidence.selection import Kept, Selection, Selector
from hybrid.types import Passage


class DeferredSelector:
    """Makes a selector when it is first used, once; any number of threads may use it.

    What making it raises, the question raises, and so does every later one: nothing is selected by less than was
    asked for.

    Args:
        make: Returns the selector.
    """

    def __init__(self, make: Callable[[], Selector]) -> None:
        self._make = make
        self._made: Selector | None = None
        self._making = threading.Lock()

    def select(self, question: str, passages: Sequence[Passage], *, kept: Kept | None = None) -> Selection:
        """Return what the selector returns."""
        return self.made().select(question, passages, kept=kept)

    def made(self) -> Selector:
        """Return the selector, for who would rather wait and fail before the first question."""
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made
