"""The replies that are being written together, one forward pass a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hybrid_adapters.local._job import Job
from hybrid_adapters.local._kv import PrefixStore, is_plain, joined, narrowed
from hybrid_adapters.local._network import Network
from hybrid_adapters.local._voices import bring

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DynamicCache


@dataclass(kw_only=True)
class _Row:
    job: Job
    pending: list[int]
    """Chosen and forced tokens that the model has not read yet."""

    read: int
    """Tokens that it has read."""


class Batch:
    """Runs the network for some jobs at once; used by one thread alone.

    A row that is alone reads guesses at its reply ahead: a pass takes a small model hardly longer for more tokens.

    Several rows share a pass instead. They differ in length and in how many tokens a step feeds them, so a step's
    tokens are aligned at their right end, and what is empty on the left is masked out; the position of each token is
    given explicitly.

    Args:
        network: With its adapters.
        most: Largest number of rows.
    """

    def __init__(self, network: Network, most: int) -> None:
        self._network = network
        self._prefixes = PrefixStore()
        # Sliding windows and recurrent states cannot be padded: such models write one reply at a time.
        self._plain = is_plain(self._network.fresh_cache())
        self._most = most if self._plain else 1
        self.clear()

    @property
    def jobs(self) -> list[Job]:
        """What is being written."""
        return [row.job for row in self._rows]

    def admits(self, job: Job) -> bool:
        """Return whether a job can join now."""
        if not self._rows:
            return True
        mixes = self._network.mixes and (job.voice is None or job.voice.mixes)
        alike = mixes or self._rows[0].job.adapter == job.adapter
        return alike and len(self._rows) < self._most

    def join(self, job: Job) -> None:
        """Read a job's prompt, up to the first choice of its reply, and make that choice.

        Raises:
            ModelFilesError: Its voice cannot be attached; the rows go on without it.
        """
        if job.voice is not None:
            bring(self._network, job.voice)
        tokens = [*job.prompt.tokens, *job.decoding.forced()]
        if job.decoding.finished:
            job.tell()
            return
        cache = self._prefix(job)
        read = cache.get_seq_length()
        row = _Row(job=job, pending=tokens[read:], read=read)
        self._step_alone(row, cache)
        if not job.decoding.finished:
            self._append(row, cache)

    def step(self) -> None:
        """Feed every row its pending tokens, choose its next ones, and let finished rows go."""
        assert self._cache is not None
        if self._mask is None:
            self._step_alone(self._rows[0], self._cache)
        else:
            self._step_together(self._cache, self._mask)
        self.drop([row.job for row in self._rows if row.job.decoding.finished])

    def drop(self, jobs: Sequence[Job]) -> None:
        """Let rows go."""
        kept = [place for place, row in enumerate(self._rows) if row.job not in jobs]
        if len(kept) == len(self._rows):
            return
        if not kept or self._cache is None or self._mask is None:
            self.clear()
            return
        mask = self._mask[kept]
        first = int(mask.any(dim=0).int().argmax())
        self._rows = [self._rows[place] for place in kept]
        self._cache = narrowed(self._cache, kept, first)
        self._mask = mask[:, first:]
        if len(kept) == 1 and bool(self._mask.all()):
            self._mask = None

    def clear(self) -> None:
        """Let every row go, also after a failure half way."""
        self._rows: list[_Row] = []
        self._cache: DynamicCache | None = None
        # None while there is one row without empty places.
        self._mask: Tensor | None = None

    def _step_alone(self, row: _Row, cache: DynamicCache) -> None:
        guess = row.job.guess() if self._plain else []
        tokens = [*row.pending, *guess]
        logits = self._network.logits([tokens], [row.job.adapter], cache, last=1 + len(guess))
        agreed, pending = row.job.decoding.advance_along(logits[0], guess)
        row.read += len(row.pending) + agreed
        row.pending = pending
        # What was guessed wrong is as if it had never been read.
        cache.crop(agreed - len(guess))
        row.job.tell()

    def _step_together(self, cache: DynamicCache, mask: Tensor) -> None:
        adapters = [row.job.adapter for row in self._rows]
        tokens = _aligned([row.pending for row in self._rows])
        positions = _aligned([range(row.read, row.read + len(row.pending)) for row in self._rows])
        self._mask = self._extended(mask)
        logits = self._network.logits(tokens, adapters, cache, positions=positions, mask=self._mask)
        for row, its_logits in zip(self._rows, logits, strict=True):
            row.read += len(row.pending)
            row.pending = row.job.decoding.advance(its_logits[0])
            row.job.tell()

    def _append(self, row: _Row, cache: DynamicCache) -> None:
        import torch

        if not self._rows:
            self._rows, self._cache = [row], cache
            return
        assert self._cache is not None
        masks = [self._mask if self._mask is not None else self._whole(self._cache), self._whole(cache)]
        width = max(mask.shape[1] for mask in masks)
        self._rows.append(row)
        self._mask = torch.cat([_left_padded(mask, width) for mask in masks])
        self._cache = joined(self._cache, cache)

    def _whole(self, cache: DynamicCache) -> Tensor:
        """Return the mask of a row without empty places."""
        import torch

        return torch.ones((1, cache.get_seq_length()), dtype=torch.bool, device=self._network.device)

    def _prefix(self, job: Job) -> DynamicCache:
        tokens = job.prompt.tokens[: job.prompt.constant]
        if not tokens:
            return self._network.fresh_cache()

        def compute() -> DynamicCache:
            cache = self._network.fresh_cache()
            self._network.logits([tokens], [job.adapter], cache)
            return cache

        return self._prefixes.cache(job.adapter, tokens, compute)

    def _extended(self, mask: Tensor) -> Tensor:
        import torch

        width = max(len(row.pending) for row in self._rows)
        added = [[place >= width - len(row.pending) for place in range(width)] for row in self._rows]
        return torch.cat([mask, torch.tensor(added, device=mask.device)], dim=1)


def _aligned(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    width = max(map(len, rows))
    return [[0] * (width - len(row)) + list(row) for row in rows]


def _left_padded(mask: Tensor, width: int) -> Tensor:
    import torch

    return torch.nn.functional.pad(mask, (width - mask.shape[1], 0))
