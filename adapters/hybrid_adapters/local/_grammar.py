"""The grammar of a contract for the evidence at hand, compiled once and copied for each reply."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from hybrid.contract import Contract
from hybrid.errors import ContractError
from hybrid_adapters.local._closing import closing_tokens
from hybrid_adapters.local.drafts import Phrases

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerFast

_CAPACITY = 64
_BITS = 32
_NONE: Phrases = frozenset()


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """A compiled grammar."""

    matcher: LLMatcher
    """In its first state; copied for each reply."""

    reserve: int
    """Tokens that are enough to bring any unfinished reply to a valid end."""

    shortest: tuple[tuple[int, ...], ...]
    """Tokens of a reply of each status that says as little as it may."""


class Grammars:
    """Compiles contracts; the last ones are remembered. Any number of threads may use it.

    Args:
        tokenizer: The model's.
        width: Number of logits, which may be more than the tokenizer has tokens.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, width: int) -> None:
        from llguidance.hf import from_tokenizer

        self.tokens: LLTokenizer = from_tokenizer(tokenizer, n_vocab=width)
        self._compiled: OrderedDict[tuple[str, tuple[str, ...], Phrases], Grammar] = OrderedDict()
        self._guard = threading.Lock()

    def grammar(self, contract: Contract[Any], ids: Sequence[str], phrases: Phrases = _NONE) -> Grammar:
        """Return the grammar that admits valid replies and nothing else.

        Args:
            contract: What replies look like.
            ids: Ids of the evidence.
            phrases: All that a field of free words may say in a reply of its status; a field without any says what it
                likes.

        Raises:
            ContractError: The contract is too large or cannot be expressed.
        """
        key = (contract.hash, tuple(ids), phrases)
        with self._guard:
            if key in self._compiled:
                self._compiled.move_to_end(key)
                return self._compiled[key]
        grammar = self._compile(contract, ids, phrases)
        with self._guard:
            self._compiled[key] = grammar
            if len(self._compiled) > _CAPACITY:
                self._compiled.popitem(last=False)
        return grammar

    @cached_property
    def first_bytes(self) -> NDArray[np.uint8]:
        """First byte of every token, 0 for those without."""
        spelled = (self.tokens.decode_bytes([token]) for token in range(self.tokens.vocab_size))
        return np.fromiter((text[0] if text else 0 for text in spelled), dtype=np.uint8, count=self.tokens.vocab_size)

    def _compile(self, contract: Contract[Any], ids: Sequence[str], phrases: Phrases) -> Grammar:
        from llguidance import LLMatcher

        schema = contract.exact_schema(ids)
        statuses = [branch["properties"]["status"]["enum"][0] for branch in schema["anyOf"]]
        for branch, status in zip(schema["anyOf"], statuses, strict=True):
            _keep_to(branch["properties"], {(name, said) for held, name, said in phrases if held == status})
        schema["x-guidance"] = {"whitespace_flexible": False}
        matcher = LLMatcher(self.tokens, LLMatcher.grammar_from_json_schema(json.dumps(schema)))
        if matcher.is_error():
            reason = matcher.get_error().strip().partition("\n")[0]
            raise ContractError(f"contract {contract.name} makes no grammar: {reason}; make it smaller or simpler")
        shortest = [self._shortest(matcher, status) for status in statuses]
        # Twice, because the way to the end is looked for with one choice of words and taken with another.
        reserve = 2 * max(map(len, shortest)) + _SLACK
        return Grammar(matcher=matcher, reserve=reserve, shortest=tuple(map(self._respelled, shortest)))

    def _shortest(self, matcher: LLMatcher, status: str) -> list[int]:
        """Return the tokens of a reply that says as little as its status allows."""
        run = matcher.deep_copy()
        taken = self.tokens.tokenize_str(f'{{"status":{json.dumps(status)}')
        del taken[run.try_consume_tokens(taken) :]
        while not run.is_stopped() and len(taken) < _LONGEST:
            forced = run.compute_ff_tokens()
            step = forced or closing_tokens(allowed_tokens(run, self.tokens.vocab_size), self.first_bytes)[:1].tolist()
            taken += step[: run.try_consume_tokens(step)]
        return taken

    def _respelled(self, tokens: list[int]) -> tuple[int, ...]:
        """Return the tokens that a model would write instead, which are fewer."""
        return tuple(self.tokens.tokenize_bytes(self.tokens.decode_bytes(tokens)))


def _keep_to(fields: dict[str, Any], phrases: Collection[tuple[str, str]]) -> None:
    """Let each field of free words say nothing but its phrases, where it has some."""
    for name, field in fields.items():
        said = sorted(text for held, text in phrases if held == name)
        if said and field.get("type") == "string" and "pattern" in field:
            fields[name] = {"enum": said}


def allowed_tokens(matcher: LLMatcher, width: int) -> NDArray[np.intp]:
    """Return the ids of the tokens that the grammar admits next, in order; none where the matcher failed."""
    mask = np.zeros((width + _BITS - 1) // _BITS, dtype=np.int32)
    matcher.unsafe_compute_mask_ptr(mask.ctypes.data, mask.nbytes)
    return np.flatnonzero(np.unpackbits(mask.view(np.uint8), bitorder="little")[:width])


_SLACK = 32
_LONGEST = 4_096
