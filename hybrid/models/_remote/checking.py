"""What is wrong with a reply, in words that a model can mend it by."""

from __future__ import annotations

from hybrid.answering.request import ReplyRequest
from hybrid.contract import Claim, Phrase, Quote
from hybrid.errors import ReplyError
from hybrid.models._remote.call import MOST_CHARACTERS


def problem_of(request: ReplyRequest, text: str) -> str | None:
    """Return what a model is to mend in its reply, or None; nothing of the reply is repeated.

    Args:
        request: What was asked.
        text: The reply's JSON.
    """
    if len(text) > MOST_CHARACTERS:
        return f"it is longer than {MOST_CHARACTERS:,} characters"
    try:
        reply = request.contract.parse(text)
    except ReplyError as error:
        return str(error)
    pointers = _Pointers()
    request.contract.rebuilt(reply, pointers)
    if pointers.ids - {unit.id for unit in request.evidence}:
        return "it names ids that are not among the evidence"
    if getattr(reply, "status", None) == "answered" and not pointers.ids:
        return "its status is answered, but it points at no evidence"
    return None


class _Pointers:
    """Collects the ids that a reply points at, and changes nothing."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def pointer(self, slot: Quote | Claim, path: str, *, may_quote: bool) -> Quote | Claim:
        self.ids.update((slot.id,) if isinstance(slot, Quote) else slot.evidence)
        return slot

    def phrase(self, text: str, rule: Phrase, path: str) -> str:
        return text
