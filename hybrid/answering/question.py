"""A question with everything that decides its answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from hybrid.access import Narrowing
from hybrid.answering.request import Style
from hybrid.errors import ConfigError
from hybrid.types import Principal

_MAX_QUESTION = 20_000


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks what, after what, and how."""

    question: str
    """What is asked."""

    principal: Principal
    """Who asks."""

    earlier: tuple[str, ...]
    """The same person's earlier questions, oldest first."""

    narrowing: Narrowing | None
    """Metadata conditions, all of which must hold."""

    moment: datetime | None
    """The moment at which documents must hold; None is now."""

    style: Style | None
    """How the model speaks; None is as configured."""


class AskOptions(TypedDict, total=False):
    """What ``Pipeline.ask`` takes beside question and principal."""

    earlier: Sequence[str]
    narrowing: Narrowing | None
    moment: datetime | None
    style: Style | None


def checked_question(question: str) -> str:
    """Return a question that can be searched.

    Raises:
        ConfigError: It is empty, too long, or no text.
    """
    if not question.strip():
        raise ConfigError("the question is empty; ask something")
    if len(question) > _MAX_QUESTION:
        raise ConfigError(
            f"the question has {len(question):,} characters, at most {_MAX_QUESTION:,} are read; shorten it"
        )
    try:
        question.encode()
    except UnicodeEncodeError:
        raise ConfigError("the question holds bytes that are no UTF-8, or half a character; write it again") from None
    if any(unicodedata.category(character) == "Cc" and not character.isspace() for character in question):
        raise ConfigError("the question holds control characters, which no document can answer; write it again")
    return question
