"""What layers half way up are asked, so that comparing is learnt at all; the heads are thrown away after the training.

A reply points at a line with one token among hundreds: too little to find out that words of the question are to be
looked for in lines (docs/decisions/0011). So each step of that is asked for where it should be known: whether the
question has this token, how much of the question a line holds, whether it answers, which id it has (deep supervision,
Lee and others 2015), and whether the last layer looks at the right line's end when the id is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from training.batches import Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

# One line of several answers.
_RARE = 4.0
_COUNTED = 8_000


class Words:
    """Which tokens are the same word but for case, space and plural, and how much a word tells."""

    def __init__(self, tokenizer: Any, rows: Sequence[Row]) -> None:
        """Count words.

        Args:
            tokenizer: Of the network.
            rows: Tasks, some of which are counted.
        """
        known: dict[str, int] = {}
        texts = (_same(tokenizer.decode([token])) for token in range(len(tokenizer)))
        self.of = np.array([known.setdefault(text, len(known)) for text in texts])
        counts, counted = np.ones(len(known)), rows[:_COUNTED]
        for row in counted:
            counts[np.unique(self.of[row.tokens[: row.read]])] += 1
        self.weights = (np.log(len(counted) + 2) - np.log(counts)) / np.log(len(counted) + 2)


class Heads(torch.nn.Module):
    """Linear heads on layers half way up."""

    def __init__(self, config: Any, words: Words, choices: Sequence[int]) -> None:
        """Make heads with random weights.

        Args:
            config: Of the network.
            words: What is the same word.
            choices: Tokens that are evidence ids, in their order.
        """
        super().__init__()
        size, layers = config.hidden_size, config.num_hidden_layers
        self._words, self._choices = words, np.asarray(choices)
        self._low, self._middle, self._high = max(1, layers // 3), max(1, layers // 2), max(1, 2 * layers // 3)
        self.same, self.share = torch.nn.Linear(size, 1), torch.nn.Linear(size, 1)
        self.right, self.number = torch.nn.Linear(size, 1), torch.nn.Linear(size, len(choices))

    def losses(self, hidden: Sequence[torch.Tensor], model: Any, rows: Sequence[Row]) -> list[torch.Tensor]:
        """Return the losses of same words, share of the question, right lines, lines' ids, and looking.

        Args:
            hidden: What goes into each layer, ``(rows, tokens, size)``.
            model: The network without its output matrix.
            rows: Of the batch.
        """
        places = [(number, int(end)) for number, row in enumerate(rows) for end in row.ends]
        if not places:
            return [hidden[0].new_zeros(()) for _ in range(5)]
        ends = tuple(torch.tensor(axis, device=hidden[0].device) for axis in zip(*places, strict=True))
        return [
            self._same_words(hidden[self._low], rows),
            self._shares(hidden[self._middle][ends], rows),
            self._right_lines(hidden[self._high][ends], rows),
            self._numbers(hidden[self._high][ends], rows),
            self._looking(hidden[-2], model, rows),
        ]

    def _same_words(self, hidden: torch.Tensor, rows: Sequence[Row]) -> torch.Tensor:
        """At each token of a line: does the question have it?"""
        where: list[NDArray[np.int64]] = []
        found: list[NDArray[np.float32]] = []
        weights: list[NDArray[np.float32]] = []
        for number, row in enumerate(rows):
            if len(row.ends):
                words, asked, first = self._of(row)
                lines = words[first : row.ends[-1]]
                where.append(np.stack([np.full(len(lines), number), np.arange(first, row.ends[-1])]))
                found.append(np.isin(lines, asked).astype(np.float32))
                weights.append((self._words.weights[lines] ** 2).astype(np.float32))
        axes = torch.from_numpy(np.concatenate(where, axis=1)).to(hidden.device)
        scores = self.same(hidden[axes[0], axes[1]]).squeeze(-1).float()
        wanted, weight = (torch.from_numpy(np.concatenate(each)).to(hidden.device) for each in (found, weights))
        losses = binary_cross_entropy_with_logits(scores, wanted, reduction="none") * weight * (1 + _RARE * wanted)
        return losses.sum() / weight.sum()

    def _shares(self, ends: torch.Tensor, rows: Sequence[Row]) -> torch.Tensor:
        """At each line's end: how much of the question does it hold, by weight of words?"""
        wanted: list[float] = []
        for row in rows:
            if len(row.ends):
                words, asked, first = self._of(row)
                whole = float(self._words.weights[asked].sum()) + 1e-6
                for start, end in zip([first, *row.ends[:-1]], row.ends, strict=True):
                    held = np.intersect1d(asked, words[start:end])
                    wanted.append(float(self._words.weights[held].sum()) / whole)
        scores = self.share(ends).squeeze(-1).float()
        return binary_cross_entropy_with_logits(scores, torch.tensor(wanted, device=scores.device))

    def _right_lines(self, ends: torch.Tensor, rows: Sequence[Row]) -> torch.Tensor:
        """At each line's end: does the reply point at it? Each for itself, and best of the row."""
        scores = self.right(ends).squeeze(-1).float()
        right = torch.tensor(np.concatenate([row.right for row in rows]), device=scores.device)
        alone = binary_cross_entropy_with_logits(scores, right.float(), pos_weight=scores.new_tensor(_RARE))
        counts = [len(row.right) for row in rows]
        best = [
            held.logsumexp(0) - held[wanted].logsumexp(0)
            for held, wanted in zip(scores.split(counts), right.split(counts), strict=True)
            if wanted.any()
        ]
        return alone + torch.stack(best).mean() if best else alone

    def _numbers(self, ends: torch.Tensor, rows: Sequence[Row]) -> torch.Tensor:
        """At each line's end: which id has it?"""
        wanted = np.concatenate([np.arange(len(row.ends)) for row in rows])
        return cross_entropy(self.number(ends).float(), torch.from_numpy(wanted).to(ends.device))

    def _looking(self, hidden: torch.Tensor, model: Any, rows: Sequence[Row]) -> torch.Tensor:
        """Where an id is written: does the last layer's first head look at the end of that line?"""
        asked = [
            (number, place - 1, int(row.ends[choice]))
            for number, row in enumerate(rows)
            for place, choice in self._written(row)
        ]
        if not asked:
            return hidden.new_zeros(())
        numbers, places, ends = (torch.tensor(axis, device=hidden.device) for axis in zip(*asked, strict=True))
        queries, keys = _first_head(model, hidden)
        scores = torch.einsum("nd,ntd->nt", queries[numbers, places], keys[numbers]) * queries.shape[-1] ** -0.5
        later = torch.arange(keys.shape[1], device=hidden.device) > places[:, None]
        return cross_entropy(scores.float().masked_fill(later, float("-inf")), ends)

    def _written(self, row: Row) -> list[tuple[int, int]]:
        """Return place and number of each id in a reply."""
        numbers = {int(token): number for number, token in enumerate(self._choices[: len(row.ends)])}
        reply = enumerate(row.tokens[row.read :].tolist(), start=row.read)
        return [(place, numbers[token]) for place, token in reply if token in numbers]

    def _of(self, row: Row) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Return a row's words, those of its question once each, and where the evidence begins."""
        first = int(np.flatnonzero(row.tokens == self._choices[0])[0])
        words = self._words.of[row.tokens]
        # "<|user|>Question:" is three tokens, and two line breaks with "Evidence:\n" are five.
        return words, np.unique(words[3 : first - 5]), first


def _first_head(model: Any, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return queries and keys of the last layer's first head, ``(rows, tokens, head)``."""
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    layer = model.layers[-1]
    size = layer.self_attn.head_dim
    read = layer.input_layernorm(hidden)
    queries, keys = (
        torch.nn.functional.linear(read, projection.weight[:size])[:, None]
        for projection in (layer.self_attn.q_proj, layer.self_attn.k_proj)
    )
    places = torch.arange(hidden.shape[1], device=hidden.device)[None]
    turned = apply_rotary_pos_emb(queries, keys, *model.rotary_emb(hidden, places))
    return turned[0][:, 0], turned[1][:, 0]


def _same(text: str) -> str:
    bare = text.strip().lower() or text
    return bare[:-1] if len(bare) > 3 and bare.endswith("s") else bare
