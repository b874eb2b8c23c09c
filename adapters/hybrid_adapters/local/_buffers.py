"""Keys and values in memory with room to spare: a pass writes what it adds and copies nothing."""

from __future__ import annotations

import copy
from typing import Any, Self

from torch import Tensor
from transformers.cache_utils import DynamicLayer

_SPARE = 128


class BufferedLayer(DynamicLayer):
    """A layer whose base makes new tensors of all that it holds for each token.

    ``keys`` and ``values`` are the filled beginnings of two buffers. They can be shortened, and set to other tensors,
    which are then copied once.
    """

    _key_buffer: Tensor | None = None
    _value_buffer: Tensor | None = None

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Add keys and values, ``(rows, heads, tokens, size)``, and return all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self._key_buffer, self.keys = _extended(self._key_buffer, self.keys, key_states)
        self._value_buffer, self.values = _extended(self._value_buffer, self.values, value_states)
        return self.keys, self.values

    def copied(self) -> Self:
        """Return a layer that holds the same and goes on in buffers of its own."""
        copied = copy.copy(self)
        # In one buffer two replies would write over each other what comes after their common beginning.
        copied._key_buffer = copied._value_buffer = None
        return copied


def _extended(buffer: Tensor | None, held: Any, added: Tensor) -> tuple[Tensor, Tensor]:
    """Return a buffer that holds more, and what of it is filled."""
    length = held.shape[-2] if held.numel() else 0
    end = length + added.shape[-2]
    if buffer is None or buffer.data_ptr() != held.data_ptr() or buffer.shape[-2] < end:
        buffer = added.new_empty((*added.shape[:2], end + _SPARE, added.shape[-1]))
        if length:
            buffer[:, :, :length] = held
    buffer[:, :, length:end] = added
    return buffer, buffer[:, :, :end]
