"""Key-value caches: kept for the part of the prompt that never changes, and put together into batches."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import DynamicCache, PreTrainedConfig

_CAPACITY = 8


def fresh_cache(config: PreTrainedConfig) -> DynamicCache:
    """Return an empty cache of the kind that a model's layers need."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    from hybrid_adapters.local._buffers import BufferedLayer

    cache = DynamicCache(config=config)
    cache.layers = [BufferedLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def is_plain(cache: DynamicCache) -> bool:
    """Return whether every layer keeps all positions: then rows can share a batch, and tokens can be taken back."""
    from hybrid_adapters.local._buffers import BufferedLayer

    return all(type(layer) is BufferedLayer for layer in cache.layers)


class PrefixStore:
    """Keeps what a model computed from the beginnings of prompts, the last used ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str | None, tuple[int, ...]], DynamicCache] = OrderedDict()

    def cache(self, adapter: str | None, tokens: tuple[int, ...], compute: Callable[[], DynamicCache]) -> DynamicCache:
        """Return the cache of a beginning, for one reply to go on from.

        Args:
            adapter: Whose weights read it.
            tokens: The beginning.
            compute: Reads it, when it is not kept.
        """
        key = (adapter, tokens)
        if key not in self._kept:
            self._kept[key] = compute()
            if len(self._kept) > _CAPACITY:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return _copied(self._kept[key])


def joined(batch: DynamicCache | None, row: DynamicCache) -> DynamicCache:
    """Return a batch with one row more; shorter rows get empty positions in front."""
    if batch is None:
        return row
    width = max(batch.get_seq_length(), row.get_seq_length())
    for mine, other in zip(_layers(batch), _layers(row), strict=True):
        mine.keys = _stacked(mine.keys, other.keys, width)
        mine.values = _stacked(mine.values, other.values, width)
    return batch


def narrowed(batch: DynamicCache, rows: Sequence[int], first: int) -> DynamicCache:
    """Return a batch of some of the rows, from a position on."""
    for layer in _layers(batch):
        layer.keys = layer.keys[list(rows), :, first:]
        layer.values = layer.values[list(rows), :, first:]
    return batch


def _copied(cache: DynamicCache) -> DynamicCache:
    if not is_plain(cache):
        return copy.deepcopy(cache)
    copied = copy.copy(cache)
    layers: list[Any] = cache.layers
    copied.layers = [layer.copied() for layer in layers]
    return copied


def _layers(cache: DynamicCache) -> list[Any]:
    # Layers that share another one's keys hold none of their own.
    layers: list[Any] = cache.layers
    return [layer for layer in layers if layer.is_initialized]


def _stacked(one: Any, other: Any, width: int) -> Any:
    import torch

    padded = [torch.nn.functional.pad(each, (0, 0, width - each.shape[-2], 0)) for each in (one, other)]
    return torch.cat(padded)
