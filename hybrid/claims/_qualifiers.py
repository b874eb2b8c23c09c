"""Words that turn or bound a statement, and what they bear on: negation, exception, possibility, comparison."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from hybrid.claims._dates import spelled_out
from hybrid.evidence.words import word_sequence

_MARKS = {
    "not": r"not|cannot|no|nor|neither|none|nobody|nothing|nowhere|never|without|hardly|barely|rarely|\w+n['’]t",
    "only": r"only|solely|exclusively|just",
    "except": r"except|excluding|unless|but not",
    "if": r"if|provided",
    "may": r"may|might|could|possibly|perhaps|probably|likely",
    "must": r"must|has to|have to|shall",
    "should": r"should|ought",
    "at least": r"at least|no less than|no fewer than|minimum|not less than",
    "at most": r"at most|up to|no more than|maximum|not more than|no later than",
    "more": r"more|over(?= [\d€$£])|above(?= [\d€$£])|exceed\w*|greater|higher|larger|longer",
    "less": r"less|fewer|under(?= [\d€$£])|below(?= [\d€$£])|lower|smaller|shorter",
    "before": r"before|until|till|prior to",
    "after": r"after|since",
    "all": r"all|every|each|always|any",
    "some": r"some|sometimes|often|usually|several|many|most|few",
    "will": r"will|would|going to|\w+['’]ll",
    "about": r"about(?= [\d€$£])|around(?= [\d€$£])|approximately|roughly|nearly|almost",
}
# Each of these stands for itself: without it, what it bears on becomes a fact.
_DOUBTS = (
    r"false|falsely|fake|alleged\w*|reportedly|supposed\w*|former\w*|once|fail\w*|refus\w+|den(?:y|ies|ied|ying)|prevent\w*"
    r"|avoid\w*|forb\w+|prohibit\w*|stop\w*|impossible|unable|claim\w*|believ\w*|think\w*|plan(?:s|ned)? to|intend\w*"
    r"|expect\w*|propos\w*|suggest\w*|appear\w*|seem\w*|according|tr(?:y|ies|ied|ying) to|attempt\w*|want\w*"
)
# The longer ones first, so that "no more than" is not "no" and "more".
_LONGEST_FIRST = sorted(
    ((mark, word) for mark, words in _MARKS.items() for word in words.split("|")), key=lambda pair: -len(pair[1])
)
_MARK = re.compile(r"\b(?:" + "|".join(f"({word})" for _, word in _LONGEST_FIRST) + rf"|{_DOUBTS})\b", re.IGNORECASE)

Qualified = Counter[tuple[str, str]]
"""How often each mark stands before each word; the word is empty where none follows."""


def qualifiers(text: str, words: Collection[str]) -> Qualified:
    """Return the marks of a text, each with the first of these content words after it.

    Two texts that share their content words and agree here say the same with the same sign.

    Example:
        >>> qualifiers("You cannot pay in cash, only by card.", {"pay", "cash", "card"})
        Counter({('not', 'pay'): 1, ('only', 'card'): 1})
    """
    found: Qualified = Counter()
    text = spelled_out(text)  # the month of May is no possibility
    for match in _MARK.finditer(text):
        mark = _LONGEST_FIRST[match.lastindex - 1][0] if match.lastindex else match.group().lower()
        following = (word for word in word_sequence(text[match.end() :]) if word in words)
        found[mark, next(following, "")] += 1
    return found


def unmarked(text: str) -> str:
    """Return a text without such words, which are compared by themselves."""
    return _MARK.sub(" ", text)
