"""The built-in rules that complete a question from earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import shorten

from hybrid.conversation._leaning import leans, topic_words
from hybrid.conversation.standalone import Standalone

_EARLIER = 10
_MOST_WORDS = 12
# A question longer than this says by itself what it is about.
_LONGEST = 400
_LONGEST_WORD = 40


class RuleRewriter:
    """Completes a question that leans on earlier ones with their words, by a few rules for English.

    A question that names its own topic stays as it is. One that leans gets, in brackets, the words of the topic in
    hand: those of the nearest earlier question that stood by itself, and of the ones that leaned on it since. It reads
    nothing but the person's own questions, so that it cannot pass on what a document says. What it is worth is in
    docs/decisions/0008-follow-ups.md.

    Example:
        >>> RuleRewriter().standalone("And for partners?", ["When are refunds paid?"]).question
        'And for partners? (refunds paid)'
        >>> RuleRewriter().standalone("How long does it take?", []).clear
        True
        >>> RuleRewriter().standalone("What about it?", []).clear
        False
    """

    def standalone(self, question: str, earlier: Sequence[str]) -> Standalone:
        """Return the question with at most 12 words of earlier ones; not clear where nothing says what is asked."""
        if not _may_lean(question):
            return Standalone(question=question)
        topic: list[str] = []
        for each in earlier[-_EARLIER:]:
            topic = _topic_after(each, topic)
        own = topic_words(question)
        added = _without(own, topic)
        if not added:
            return Standalone(question=question, clear=bool(own))
        return Standalone(question=f"{question} ({' '.join(added)})")


def _topic_after(question: str, topic: list[str]) -> list[str]:
    own = [word for word in topic_words(shorten(question, _LONGEST, placeholder="")) if len(word) <= _LONGEST_WORD]
    carried = _without(own, topic) if _may_lean(question) else []
    return [*own, *carried][:_MOST_WORDS]


def _may_lean(question: str) -> bool:
    return len(question) <= _LONGEST and leans(question)


def _without(own: Iterable[str], topic: Iterable[str]) -> list[str]:
    said = {word.lower() for word in own}
    return [word for word in topic if word.lower() not in said]
