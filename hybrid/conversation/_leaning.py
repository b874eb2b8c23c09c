"""How an English question shows that it leans on what was said before."""

from __future__ import annotations

import re

from hybrid.evidence.words import words

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# In capitals these are names, in small letters they say nothing.
_NAMES = re.compile(r"\b(?:IT|US|WHO)\b")
_COMPARED_WORDS = """
another better bigger cheaper earlier faster fewer higher larger later less longer lower more newer older other
shorter smaller sooner worse
"""
_COMPARED = _COMPARED_WORDS.split()
# Words of talking and measuring: by themselves they say nothing of what a question is about.
_TALK_WORDS = """
about again also am any anything don't either else especially exactly far find get give good great hello help
here hey hi however i'd i'll i'm i've instead it's know let like likely long look looking lot many maybe me mind
much need nice no now off often oh ok okay one ones only out please possible quite really right same say see
should since some someone something somewhere soon sorry still such sure tell thank thanks that's thing things
think too try up very want way well what's yeah yes yet
"""
_TALK = frozenset(_TALK_WORDS.split() + _COMPARED)

_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|am|be|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had)\b"
)
_POINTING = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|both|neither|else)\b"
    r"|\b(?:this|these|those)\b(?! (?:day|week|month|quarter|year|morning|evening|weekend)s?\b)"
    r"|\b(?:is|was|are|does|did|do|can|will|would|about|for|with|of|like|why|after|before) that\b"
    r"|\b(?:that|there|here)\W*$"
    r"|\b(?:which|that|other|same|first|second|last) ones?\b|\bthe same\b"
)
# "how long does it take to", "is it possible to", "is there a": these words point at nothing.
_EMPTY = re.compile(
    r"\b(?:is|was|does|did|will|would|can) it (?:take|cost|possible|allowed|okay|ok|safe|legal|necessary|mean)\b"
    r"(?=.* (?:to|if|for|that|when) \w)"
    r"|\b(?:is|are|was|were|will|be) there\b|\bthere(?:'s| is| are| was| were)\b"
)
_NAMED = re.compile(r"\b(?:the|a|an|my|our|your|each|every) \w")
_OPENING = re.compile(r"^(?:(?:thanks|thank you|great|ok|okay|yes|no|well|so|then)[,.!]? )+")
_WHAT_ABOUT = re.compile(r"(?:(?:and|or|but) )?(?:what|how) (?:about|if)\b")
_ELLIPSIS = re.compile(
    r"(?:and|or|but|also|plus)\b"
    r"|(?:(?:how (?:long|much|many|often|far|soon)|why|when|where|who|which|what) )?"
    r"(?:for|in|with|without|on|at|from|to|of|by|per|as|if|under|over|after|before|during|until) "
)
_COMPARISON = re.compile(rf"\b(?:{'|'.join(_COMPARED)})\b(?!.* than\b)")

# So many words of its own a question may have and still lean.
_ELLIPSIS_WORDS = 3
_COMPARISON_WORDS = 1


def topic_words(text: str) -> list[str]:
    """Return the words of a text that say what it is about, as written, each once, in order.

    Example:
        >>> topic_words("Please tell me what the Paddle plan costs.")
        ['Paddle', 'plan', 'costs']
    """
    found: dict[str, str] = {}
    for word in _WORD.findall(text):
        if _NAMES.fullmatch(word) or (word.lower() not in _TALK and words(word)):
            found.setdefault(word.lower(), word)
    return list(found.values())


def leans(question: str) -> bool:
    """Whether a question needs earlier ones to say what it asks.

    Example:
        >>> leans("And for partners?"), leans("How much is it?"), leans("Cheaper?"), leans("Refunds?")
        (True, True, True, False)
    """
    named = len(topic_words(question))
    asked = _OPENING.sub("", " ".join(_NAMES.sub("name", question).lower().split()), count=1)
    if not named or _points(asked):
        return True
    if _WHAT_ABOUT.match(asked) or (_ELLIPSIS.match(asked) and not _AUXILIARY.search(asked)):
        return named <= _ELLIPSIS_WORDS
    return named <= _COMPARISON_WORDS and _COMPARISON.search(asked) is not None


def _points(asked: str) -> bool:
    pointing = _POINTING.search(_EMPTY.sub(" ", asked))
    # A pronoun after something that the question names itself means that.
    return pointing is not None and not _NAMED.search(asked, 0, pointing.start())
