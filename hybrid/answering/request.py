"""What a model is asked, and what it sends back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hybrid.contract import Contract
from hybrid.types import Evidence, TokenCounts


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a model may take, in seconds; None is no limit."""

    first_token: float | None = 10.0
    """Until the first piece of the reply."""

    idle: float | None = 10.0
    """Between two pieces."""

    total: float | None = 60.0
    """For the whole reply, waiting in a queue included."""


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a model is to speak."""

    adapter: str | None = None
    """Name of the adapter to speak with; None is the base model."""

    temperature: float = 0.0
    """0 takes the likeliest token each time."""

    seed: int | None = None
    """Seed of sampled replies; the same seed gives the same reply."""


@dataclass(frozen=True, kw_only=True)
class ReplyRequest:
    """A question with its evidence; nothing else of the documents, and nothing of other questions, reaches a model."""

    question: str
    """The question, standing by itself."""

    evidence: tuple[Evidence, ...]
    """What the reply may point at, in the order shown."""

    contract: Contract[Any]
    """What the reply must look like."""

    style: Style = field(default_factory=Style)
    """How to speak."""

    limits: Limits = field(default_factory=Limits)
    """How long it may take."""


@dataclass(frozen=True, kw_only=True)
class ReplyEnd:
    """What is known when a reply has ended."""

    model: str
    """Name and version of the model that replied, its adapter included; in a chain the one that did."""

    tokens: TokenCounts | None = None
    """Tokens read and written, forced ones included."""

    prompt_hash: str | None = None
    """SHA-256 (hex) of the prompt's bytes as the model read them."""

    cost: float | None = None
    """Price in US dollars, where the service tells it."""


@dataclass(frozen=True, kw_only=True)
class Restart:
    """The reply begins again: pieces before this one are void, because a repair or another model starts over."""


ReplyPieces = Iterator[str | Restart | ReplyEnd]
"""Pieces of the reply's JSON, and at the end one ``ReplyEnd``. Closing the iterator ends the model's work."""
