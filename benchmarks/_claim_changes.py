"""What is done to a sentence: ways to say the same, and ways to say something else."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Change = Callable[[str, Sequence[str], random.Random], str | None]
"""Takes a sentence, the sentences around it and a source of chance; None where the sentence has no place for it."""

_NAME = re.compile(r"(?<=[a-z,] )(?!(?:The|At|In|Of|And|For|On|A|By)\b)[A-Z][a-z]+\b")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_DIGITS = "two three four five six seven eight nine ten"
_SPELLED = {word: str(number) for number, word in enumerate(_DIGITS.split(), start=2)}
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_AUXILIARY = re.compile(r"\b(is|are|was|were|has|have|had|can|will|would|does|do|did|may|must|should)\b(?! not)")
_FRONTED = re.compile(r"((?:In|On|After|During|By|At|From|For|Under|With|When|If)\b[^,;]+), ([^;]+)\.")
_SCOPE = {
    "at least": "at most", "up to": "at least", "more than": "less than", "less than": "more than", "before": "after",
    "after": "before", "most": "all", "some": "all", "all": "some", "may": "will", "unless": "if", "if": "unless",
    "except": "including",
}  # fmt: skip
_OPPOSITES = {
    "more": "less", "increase": "decrease", "increased": "decreased", "first": "last", "north": "south", "high": "low",
    "large": "small", "early": "late", "old": "new", "public": "private", "allowed": "forbidden", "include": "exclude",
    "won": "lost", "male": "female", "eligible": "ineligible", "online": "offline", "required": "optional",
    "free": "paid", "best": "worst", "open": "closed", "same": "different", "born": "buried", "major": "minor",
}  # fmt: skip
_SYNONYMS = {
    "begin": "start", "began": "started", "purchase": "buy", "require": "need", "requires": "needs", "receive": "get",
    "received": "got", "large": "big", "located": "situated", "created": "made", "known": "called", "obtain": "get",
    "provide": "give", "provides": "gives", "difficult": "hard", "important": "significant", "main": "principal",
}  # fmt: skip
_UNITS = {
    "$": "€", "£": "$", "€": "$", "%": " points", "million": "billion", "billion": "million", "thousand": "million",
    "percent": "points", "kilometers": "miles", "miles": "kilometers", "days": "weeks", "weeks": "days",
    "hours": "minutes", "minutes": "hours", "months": "years", "years": "months",
}  # fmt: skip


def _table(words: dict[str, str]) -> Change:
    ordered = sorted(words, key=len, reverse=True)
    pattern = re.compile("|".join(rf"\b{re.escape(w)}\b" if w.isalnum() or " " in w else re.escape(w) for w in ordered))

    def change(sentence: str, around: Sequence[str], chance: random.Random) -> str | None:
        return pattern.sub(lambda found: words[found[0]], sentence, count=1)

    return change


def _sub(pattern: str, replacement: str | Callable[[re.Match[str]], str], count: int = 0) -> Change:
    compiled = re.compile(pattern)

    def change(sentence: str, around: Sequence[str], chance: random.Random) -> str | None:
        return compiled.sub(replacement, sentence, count=count)

    return change


def _moved(sentence: str, around: Sequence[str], chance: random.Random) -> str | None:
    if not (found := _FRONTED.fullmatch(sentence)):
        return None
    first, rest = found[1], found[2]
    return f"{rest[0].upper()}{rest[1:]} {first[0].lower()}{first[1:]}."


def _first_clause(sentence: str, around: Sequence[str], chance: random.Random) -> str | None:
    found = re.match(r"[^(]{30,}?(?=, (?:and|but|which|who|while)\b|;)", sentence)
    return f"{found[0]}." if found else None


def _other_digit(sentence: str, around: Sequence[str], chance: random.Random) -> str | None:
    places = [place for place, letter in enumerate(sentence) if letter in "123456789"]
    if not places:
        return None
    place = chance.choice(places)
    other = chance.choice([digit for digit in "123456789" if digit != sentence[place]])
    return sentence[:place] + other + sentence[place + 1 :]


def _swapped(pattern: re.Pattern[str]) -> Change:
    def change(sentence: str, around: Sequence[str], chance: random.Random) -> str | None:
        found = list(pattern.finditer(sentence))
        if len(found) < 2:
            return None
        first, second = sorted(chance.sample(found, 2), key=lambda match: match.start())
        between = sentence[first.end() : second.start()]
        if between.strip() in ("", "and", "or", ","):  # the same either way round
            return None
        return sentence[: first.start()] + second[0] + between + first[0] + sentence[second.end() :]

    return change


def _replaced(pattern: re.Pattern[str]) -> Change:
    def change(sentence: str, around: Sequence[str], chance: random.Random) -> str | None:
        found = list(pattern.finditer(sentence))
        others = [word for other in around for word in pattern.findall(other) if word not in sentence]
        if not (found and others):
            return None
        place = chance.choice(found)
        return sentence[: place.start()] + chance.choice(others) + sentence[place.end() :]

    return change


def _other_sentence(sentence: str, around: Sequence[str], chance: random.Random) -> str | None:
    others = [other for other in around if sentence not in other and other not in sentence and 20 < len(other) <= 300]
    return chance.choice(others) if others else None


SAME: dict[str, Change] = {
    "as it is": lambda sentence, around, chance: sentence,
    "clause moved": _moved,
    "contracted": _sub(r"\b(is|are|do|does|did) not\b", r"\1n't"),
    "number in digits": _sub(rf"\b({'|'.join(_SPELLED)})\b", lambda found: _SPELLED[found[1]]),
    "number without commas": _sub(r"\b(\d{1,3}),(\d{3})\b(?![,\d])", r"\1\2"),
    "date turned": _sub(rf"\b({_MONTHS}) (\d{{1,2}}), (\d{{4}})", r"\2 \1 \3"),
    "without brackets": _sub(r" \([^)]*\)", ""),
    "first clause": _first_clause,
    "without articles": _sub(r"\bthe (?=[a-z])", "", 2),
    "synonym": _table(_SYNONYMS),
}
"""By name: what a judge should let pass."""

CHANGED: dict[str, Change] = {
    "other digit": _other_digit,
    "numbers swapped": _swapped(_NUMBER),
    "other name": _replaced(_NAME),
    "names swapped": _swapped(_NAME),
    "negated": lambda sentence, around, chance: _AUXILIARY.sub(r"\1 not", sentence, count=1),
    "negation left out": _sub(r"\b(?:not|never|no) |n['’]t\b", "", 1),
    "other unit": _table(_UNITS),
    "other scope": _table(_SCOPE),
    "scope left out": _sub(r"\b(?:only|except|may|might|usually|often) ", "", 1),
    "opposite": _table(_OPPOSITES),
    "other word": _replaced(re.compile(r"\b[a-z]{5,}\b")),
    "word left out": _sub(r"(?<= )[a-z]{6,} ", "", 1),
    "head left out": _sub(r"\b(?:the|an?) [a-z]+ (?:of|for|with|in) (?=the |a |[A-Z])", "", 1),
    "other sentence": _other_sentence,
}
"""By name: what no judge may let pass."""
