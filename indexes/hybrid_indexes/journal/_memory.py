"""What a reader remembers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")

_DEFAULT_CAPACITY = 20_000


class Memory(Generic[T]):
    """Values by number, each read once; that there is none is remembered too.

    Args:
        capacity: Number of values from which all are forgotten before more are read.

    Example:
        >>> memory = Memory[str]()
        >>> memory.get([1, 2], lambda keys: {1: "one"})
        {1: 'one'}
        >>> memory.get([1, 2], lambda keys: {})
        {1: 'one'}
    """

    def __init__(self, *, capacity: int = _DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._known: dict[int, T | None] = {}

    def get(self, keys: Collection[int], read: Callable[[list[int]], Mapping[int, T]]) -> dict[int, T]:
        """Return the values of those keys that have one.

        Args:
            keys: Distinct numbers.
            read: Returns the values of keys that are not known yet, those without a value left out.
        """
        if len(self._known) > self._capacity:
            self._known.clear()
        if unknown := [key for key in keys if key not in self._known]:
            self._known.update(dict.fromkeys(unknown))
            self._known.update(read(unknown))
        known = self._known
        return {key: value for key in keys if (value := known[key]) is not None}
