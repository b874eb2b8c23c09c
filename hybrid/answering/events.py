"""What happens while an answer is made, as typed events in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hybrid.types import Answer, Citation, Passage


@dataclass(frozen=True, kw_only=True)
class StageEvent:
    """A stage begins."""

    stage: Literal["searching", "composing"]
    """Which one."""


@dataclass(frozen=True, kw_only=True)
class EvidenceEvent:
    """The passages that the answer will be made from."""

    passages: tuple[Passage, ...]
    """Best first; all readable by the principal."""


@dataclass(frozen=True, kw_only=True)
class CitationEvent:
    """A citation was verified; its marker may follow in the text."""

    citation: Citation
    """The verified citation."""


@dataclass(frozen=True, kw_only=True)
class TextEvent:
    """More of the answer's text; no marker is ever in it before its ``CitationEvent``."""

    text: str
    """What comes next, or the whole text where ``replaces`` is set."""

    replaces: bool = False
    """Whether the text so far is to be taken away: what was dropped at the end changed the beginning."""


@dataclass(frozen=True, kw_only=True)
class DoneEvent:
    """The answer is complete; always the last event unless an error is."""

    answer: Answer
    """The whole answer; its text is what the ``TextEvent`` pieces add up to."""


@dataclass(frozen=True, kw_only=True)
class ErrorEvent:
    """The answer could not be made; always the last event."""

    error: str
    """Name of the error's class, such as ``DeadlineError``."""

    message: str
    """One line that says what to do next."""


AnswerEvent = StageEvent | EvidenceEvent | CitationEvent | TextEvent | DoneEvent | ErrorEvent
