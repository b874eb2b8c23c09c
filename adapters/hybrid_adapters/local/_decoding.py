"""One reply token by token: the grammar says what may come, the model what comes, and what must come is not asked."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hybrid.errors import ReplyError
from hybrid_adapters.local._choice import Chooser
from hybrid_adapters.local._closing import closing_tokens
from hybrid_adapters.local._grammar import Grammar, Grammars, allowed_tokens
from hybrid_adapters.local._prior import EvidencePrior

if TYPE_CHECKING:
    from numpy.typing import NDArray


_FAR, _NEAR = 16, 6


class Decoding:
    """A reply being written.

    Args:
        grammar: What the reply may look like.
        grammars: Knows the tokens.
        chooser: Picks among what the grammar admits.
        prior: What retrieval says about the ids.
        limit: Tokens after which the reply is brought to its end; at most ``grammar.reserve`` more follow.
    """

    def __init__(
        self, *, grammar: Grammar, grammars: Grammars, chooser: Chooser, prior: EvidencePrior, limit: int
    ) -> None:
        self._matcher = grammar.matcher.deep_copy()
        self._grammars = grammars
        self._chooser = chooser
        self._prior = prior
        self._soft, self._hard = limit, limit + grammar.reserve
        self._text = codecs.getincrementaldecoder("utf-8")()
        self._written = b""
        self._ahead = _FAR
        self.tokens: list[int] = []
        self._unread = b""

    @property
    def count(self) -> int:
        """Tokens of the reply so far."""
        return len(self.tokens)

    @property
    def finished(self) -> bool:
        """Whether the reply is whole."""
        return self._matcher.is_stopped()

    def admitted(self, guess: list[int]) -> list[int]:
        """Return how much of a guess the grammar and the length of the reply admit."""
        return guess[: min(self._matcher.validate_tokens(guess), self._ahead, self._hard - self.count)]

    def forced(self) -> list[int]:
        """Return the tokens that can only come next, and take them as written."""
        tokens = self._matcher.compute_ff_tokens()
        self._consume(tokens)
        return tokens

    def advance(self, logits: NDArray[np.float32]) -> list[int]:
        """Return the token chosen by a step's logits and those that must follow it; the model reads them in one pass.

        Raises:
            ReplyError: The grammar cannot go on, or the reply exceeds its hard limit.
        """
        token = self._chosen(logits)
        self._consume([token])
        tokens = [token] if self.finished else [token, *self.forced()]
        if self.count > self._hard and not self.finished:
            raise ReplyError(
                f"the reply is longer than {self._hard} tokens; raise reply_tokens or shorten the contract"
            )
        return tokens

    def advance_along(self, logits: NDArray[np.float32], guess: Sequence[int]) -> tuple[int, list[int]]:
        """Return how much of a guess is what the reply says, and the tokens that come after that.

        A step of its own for each token would have seen the same logits and chosen the same.

        Args:
            logits: ``(1 + guessed, vocabulary)``: before the guess and after each of its tokens.
            guess: What the model was given to read ahead.

        Raises:
            ReplyError: As ``advance``.
        """
        agreed = 0
        while True:
            tokens = self.advance(logits[agreed])
            common = _common(tokens, guess[agreed:])
            agreed += common
            if common < len(tokens) or self.finished:
                # Guesses fail in runs, and a wrong one is only cheap while it is short.
                self._ahead = _FAR if agreed else _NEAR
                return agreed, tokens[common:]

    def fresh_text(self) -> str:
        """Return what was written since the last call, in whole characters."""
        fresh, self._unread = self._unread, b""
        return self._text.decode(fresh)

    def _chosen(self, logits: NDArray[np.float32]) -> int:
        if self.count < self._soft and not self._prior.concerns(self._written):
            token = self._chooser.try_first(logits, self._admits)
            if token is not None:
                return token
        allowed = allowed_tokens(self._matcher, self._grammars.tokens.vocab_size)
        if self.count >= self._soft:
            allowed = closing_tokens(allowed, self._grammars.first_bytes)
        if not allowed.size:
            raise ReplyError(f"the grammar cannot go on: {self._matcher.get_error() or self._matcher.stop_reason()}")
        weighed = np.nan_to_num(logits[allowed].astype(np.float64))
        if allowed.size <= self._prior.most_tokens:
            spelled = [self._grammars.tokens.decode_bytes([token]) for token in allowed.tolist()]
            if (bias := self._prior.bias(spelled, self._written)) is not None:
                weighed += bias
        return int(allowed[self._chooser.choose(weighed)])

    def _admits(self, token: int) -> bool:
        return self._matcher.validate_tokens([token]) == 1

    def _consume(self, tokens: list[int]) -> None:
        if not self._matcher.consume_tokens(tokens):
            raise ReplyError(f"the grammar refuses its own tokens: {self._matcher.get_error()}")
        self.tokens += tokens
        spelled = self._grammars.tokens.decode_bytes(tokens)
        self._written += spelled
        self._unread += spelled


def _common(tokens: Sequence[int], guess: Sequence[int]) -> int:
    """Return how many tokens two sequences have in common at their beginning."""
    pairs = zip(tokens, guess, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(tokens), len(guess)))
