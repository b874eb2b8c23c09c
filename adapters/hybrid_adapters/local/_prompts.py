"""A request as the tokens a model reads: made by its own chat template, fitted to its own context."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hybrid.answering.prompt import Message, evidence_line, messages
from hybrid.answering.request import ReplyRequest
from hybrid.errors import ModelError, ModelFilesError
from hybrid.types import Evidence

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_CAPACITY = 256


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a model reads for one request."""

    tokens: tuple[int, ...]
    """Token ids."""

    constant: int
    """How many of the first tokens are the same for every question to the contract."""

    evidence: tuple[Evidence, ...]
    """What it shows; units that did not fit are gone, the others keep their ids."""

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of the token ids as little-endian 32-bit numbers."""
        return hashlib.sha256(np.asarray(self.tokens, dtype="<u4").tobytes()).hexdigest()


class Prompts:
    """Makes prompts. Any number of threads may use it.

    Args:
        tokenizer: The model's, with its chat template.
        context: Most tokens that prompt and reply may have together.

    Raises:
        ModelFilesError: The template cannot open a reply, or writes the same prompt differently each time.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, context: int) -> None:
        self._tokenizer: Any = tokenizer
        self._context = context
        # A fast tokenizer is switched to plain text and back while it reads what a person wrote.
        self._guard = threading.Lock()
        self.reserved: tuple[str, ...] = tuple(token.content for token in self._tokenizer.added_tokens_decoder.values())
        """The model's own control tokens, which nobody may write in a question or a document."""
        self._empty: dict[tuple[str, str, bool], tuple[int, ...]] = {}
        self._check_template()

    def prompt(self, request: ReplyRequest, *, instructions: str, reply: int, distilled: bool = False) -> Prompt:
        """Return the prompt of a request, with the lowest scored units left out until it fits.

        Args:
            request: The request.
            instructions: Of the adapter.
            reply: Tokens to leave for the reply.
            distilled: Whether the adapter's weights carry the rules, so that they are left out.

        Raises:
            ModelError: The question alone is too long for the model.
        """
        room = self._context - reply
        tokens = self._read(request, instructions, distilled)
        while len(tokens) > room and request.evidence:
            shown = self._without_lowest(request.evidence, len(tokens) - room)
            request = replace(request, evidence=shown)
            tokens = self._read(request, instructions, distilled)
        if len(tokens) > room:
            raise ModelError(
                f"the question and the rules take {len(tokens)} tokens and the reply up to {reply}, but the model "
                f"reads {self._context}; ask a shorter question, or take a model with a longer context"
            )
        return Prompt(
            tokens=tokens, constant=self._constant(request, tokens, instructions, distilled), evidence=request.evidence
        )

    def _without_lowest(self, shown: Sequence[Evidence], excess: int) -> tuple[Evidence, ...]:
        """Leave out low units until about the excess is saved; at least one."""
        left_out: set[str] = set()
        for unit in sorted(shown, key=lambda unit: unit.score):
            if excess <= 0:
                break
            left_out.add(unit.id)
            excess -= len(self._tokenizer.tokenize(evidence_line(unit, reserved=self.reserved)))
        return tuple(unit for unit in shown if unit.id not in left_out)

    def _constant(self, request: ReplyRequest, tokens: Sequence[int], instructions: str, distilled: bool) -> int:
        """Return how far a prompt equals that of an empty question; the last token is always read anew."""
        key = (request.contract.hash, instructions, distilled)
        if key not in self._empty:
            if len(self._empty) >= _CAPACITY:
                self._empty.clear()
            self._empty[key] = self._read(replace(request, question="", evidence=()), instructions, distilled)
        empty = self._empty[key]
        pairs = zip(empty, tokens[:-1], strict=False)
        return next(
            (place for place, (one, other) in enumerate(pairs) if one != other), min(len(empty), len(tokens) - 1)
        )

    def _read(self, request: ReplyRequest, instructions: str, distilled: bool) -> tuple[int, ...]:
        chat = messages(request, instructions=instructions, reserved=self.reserved, distilled=distilled)
        return self.encoded(chat, add_generation_prompt=True)

    def encoded(self, chat: list[Message], *, add_generation_prompt: bool) -> tuple[int, ...]:
        """Return the tokens of a chat; serving and training make them here and nowhere else.

        Args:
            chat: Messages as ``hybrid.answering.prompt`` makes them, and in training the replies.
            add_generation_prompt: Whether a reply is to follow.
        """
        with self._guard:
            found = self._tokenizer.apply_chat_template(
                chat,
                add_generation_prompt=add_generation_prompt,
                tokenize=True,
                return_dict=False,
                sanitize_control_tokens=True,
            )
        return tuple(found)

    def _check_template(self) -> None:
        from jinja2 import TemplateError

        chat = [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]
        try:
            opened = self.encoded(chat, add_generation_prompt=True)
            closed = self.encoded(chat, add_generation_prompt=False)
        except (TemplateError, ValueError, TypeError) as error:
            raise ModelFilesError(
                f"the chat template takes no system and user message ({error}); mend it, or take another model"
            ) from None
        if opened == closed:
            raise ModelFilesError("the chat template has no generation prompt; add one under add_generation_prompt")
