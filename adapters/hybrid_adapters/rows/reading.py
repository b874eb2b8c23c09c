"""How a model reads a request: which evidence fits, what stands in the messages, how many tokens they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from hybrid.answering.prompt import Message, messages
from hybrid.answering.request import ReplyRequest

if TYPE_CHECKING:
    from hybrid_adapters.local._loading import Quantization

_CHARACTERS = 4


@dataclass(frozen=True, kw_only=True)
class Voice:
    """How the adapter that the rows are for will be served."""

    instructions: str = ""
    """How it is told to speak."""

    distilled: bool = False
    """Whether rules, contract and instructions are left out of the prompt."""


class Reader(Protocol):
    """Makes the prompts of one model."""

    @property
    def counts(self) -> str:
        """How tokens are counted, in words."""
        ...

    def fitted(self, request: ReplyRequest, voice: Voice) -> ReplyRequest:
        """Return the request with the evidence that the model is shown."""
        ...

    def messages(self, request: ReplyRequest, voice: Voice) -> list[Message]:
        """Return the prompt of a request that fits."""
        ...

    def tokens(self, chat: list[Message]) -> int:
        """Return how many tokens a prompt is."""
        ...

    def seconds(self, chats: Sequence[list[Message]]) -> float | None:
        """Return how long reading one of the prompts takes, or None where no model is at hand."""
        ...


class AnyReader:
    """Stands for any model whose context is long enough."""

    counts = f"estimated as characters / {_CHARACTERS}"
    """How tokens are counted."""

    def fitted(self, request: ReplyRequest, voice: Voice) -> ReplyRequest:
        """Return the request as it is."""
        return request

    def messages(self, request: ReplyRequest, voice: Voice) -> list[Message]:
        """Return the prompt."""
        return messages(request, instructions=voice.instructions, distilled=voice.distilled)

    def tokens(self, chat: list[Message]) -> int:
        """Return an estimate."""
        return sum(len(message["content"]) for message in chat) // _CHARACTERS

    def seconds(self, chats: Sequence[list[Message]]) -> None:
        """Return nothing."""


class LocalReader:
    """Reads as a local model does: by its tokenizer and chat template, within its context.

    Args:
        name: Folder of the model, or its name in the local Hugging Face cache.
        quantization: How its weights are held when it serves.

    Raises:
        ModelFilesError: The folder holds pickles or code, or no tokenizer with a chat template.
        MissingExtraError: The packages for it are not installed.
    """

    def __init__(self, name: str, quantization: Quantization) -> None:
        from hybrid_adapters.local._texts import Texts

        self._name = name
        self._quantization: Quantization = quantization
        self._texts = Texts(name)

    @property
    def counts(self) -> str:
        """How tokens are counted."""
        return f"counted by the tokenizer of {self._texts.name}"

    def fitted(self, request: ReplyRequest, voice: Voice) -> ReplyRequest:
        """Return the request without the lowest units, where all of them do not fit."""
        prompt = self._texts.prompt(request, instructions=voice.instructions, distilled=voice.distilled)
        return replace(request, evidence=prompt.evidence)

    def messages(self, request: ReplyRequest, voice: Voice) -> list[Message]:
        """Return the prompt, without the model's control tokens in question and evidence."""
        return messages(
            request,
            instructions=voice.instructions,
            reserved=self._texts.prompts.reserved,
            distilled=voice.distilled,
        )

    def tokens(self, chat: list[Message]) -> int:
        """Return the number of tokens."""
        return len(self._encoded(chat))

    def seconds(self, chats: Sequence[list[Message]]) -> float:
        """Return the median time that the model takes to read one of the first prompts."""
        from hybrid_adapters.rows.latency import reading_seconds

        return reading_seconds(self._name, self._quantization, [self._encoded(chat) for chat in chats])

    def _encoded(self, chat: list[Message]) -> tuple[int, ...]:
        return self._texts.prompts.encoded(chat, add_generation_prompt=True)
