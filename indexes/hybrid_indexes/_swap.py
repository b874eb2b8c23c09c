"""Replacing something that others are reading, without making them wait."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Swappable(Generic[T]):
    """Holds one value that readers borrow and one writer replaces.

    Example:
        >>> held = Swappable("old")
        >>> with held.borrow() as value:
        ...     print(value)
        old
        >>> held.replace("new")
        'old'
    """

    def __init__(self, value: T) -> None:
        self._value = value
        self._changed = threading.Condition()
        self._readers: dict[int, int] = {}
        self._generation = 0

    @property
    def value(self) -> T:
        """The current value, for the writer."""
        return self._value

    @contextmanager
    def borrow(self) -> Generator[T]:
        """Lend the current value; it stays usable until the block ends, whatever replaces it meanwhile."""
        with self._changed:
            value, generation = self._value, self._generation
            self._readers[generation] = self._readers.get(generation, 0) + 1
        try:
            yield value
        finally:
            with self._changed:
                self._readers[generation] -= 1
                if not self._readers[generation]:
                    del self._readers[generation]
                    self._changed.notify_all()

    def replace(self, value: T) -> T:
        """Give new readers ``value`` and return the old one as soon as its last reader is done."""
        with self._changed:
            before, old = self._value, self._generation
            self._value, self._generation = value, old + 1
            self._changed.wait_for(lambda: old not in self._readers)
        return before
