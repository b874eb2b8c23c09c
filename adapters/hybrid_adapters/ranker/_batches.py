"""Rows as token ids, in batches of similar length."""

# The types of torch are incomplete.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from hybrid_adapters.ranker._base import TOKENIZER
from hybrid_adapters.ranker._rows import Row

# Batches are drawn from stretches of so many rows, sorted by length: random enough, and little padding.
_STRETCH = 800


@dataclass(frozen=True, kw_only=True)
class EncodedRow:
    """A row as the encoder reads it."""

    pairs: Sequence[tuple[Sequence[int], Sequence[int]]]
    """Token ids and type ids of each candidate, answers first."""

    answers: int
    """Number of answers."""

    @property
    def longest(self) -> int:
        """Tokens of the longest pair."""
        return max(len(ids) for ids, _ in self.pairs)


class PairTokenizer:
    """Turns questions with texts into token ids.

    Args:
        base: Folder of the encoder.
        max_tokens: Longer pairs lose the end of the text.
    """

    def __init__(self, base: Path, *, max_tokens: int) -> None:
        self._tokenizer: Any = Tokenizer.from_file(str(base / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def encode(self, row: Row) -> EncodedRow:
        """Return a row's pairs."""
        found = [self._tokenizer.encode(row.question, text) for text in row.texts]
        return EncodedRow(pairs=[(each.ids, each.type_ids) for each in found], answers=len(row.answers))

    def tensors(self, batch: Sequence[EncodedRow]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return ids, type ids and mask, each ``(pairs, tokens)``, padded to the longest pair."""
        pairs = [pair for row in batch for pair in row.pairs]
        shape = len(pairs), max(row.longest for row in batch)
        ids, types, mask = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
        for number, (own_ids, own_types) in enumerate(pairs):
            ids[number, : len(own_ids)] = torch.tensor(own_ids)
            types[number, : len(own_ids)] = torch.tensor(own_types)
            mask[number, : len(own_ids)] = 1
        return ids, types, mask


def batches(rows: Sequence[EncodedRow], *, tokens: int, generator: random.Random) -> list[list[EncodedRow]]:
    """Return all rows in batches of at most ``tokens`` padded tokens, in random order; a longer row stays whole."""
    found: list[list[EncodedRow]] = []
    for start in range(0, len(rows), _STRETCH):
        found.extend(_packed(sorted(rows[start : start + _STRETCH], key=lambda row: row.longest), tokens))
    generator.shuffle(found)
    return found


def _packed(rows: Sequence[EncodedRow], tokens: int) -> Iterator[list[EncodedRow]]:
    batch: list[EncodedRow] = []
    pairs = 0
    for row in rows:
        # Sorted by length, so the newest row is the longest.
        if batch and (pairs + len(row.pairs)) * row.longest > tokens:
            yield batch
            batch, pairs = [], 0
        batch.append(row)
        pairs += len(row.pairs)
    yield batch
