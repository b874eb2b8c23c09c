"""What two questions have in common word by word, whatever is spelt, ordered or wrapped differently."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from hybrid.evidence.words import word_sequence

_ALIKE = 0.8
_LONGER = 2
_SHORT = 3
# Without "one", which mostly counts nothing.
_NUMBERS = {
    "zero": "0", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_CONTRACTIONS = (("can't", "cannot"), ("won't", "will not"), ("n't", " not"), ("'re", " are"), ("'ll", " will"),
                 ("'ve", " have"), ("'m", " am"), ("'s", ""), ("s'", "s"))  # fmt: skip
_ASKING = frozenset(["how", "when", "where", "who", "whom", "whose", "why"])
# Words around a question that ask nothing; a clause of its own that says more of the kind is left out, too.
_COURTESY = frozenset(
    word_sequence(
        "hi hello hey dear good morning afternoon evening please pls thanks thx thank advance cheers regards sorry "
        "excuse tell know want wonder wondering ask asking question whether help welcome appreciate urgent asap quick "
        "quickly must should shall might"
    )
)
# Signs, or a sentence that begins where the one before has none.
_CLAUSE = re.compile(r"[.,;:?!\n]+|(?<=[a-z]) (?=(?:It|Any|My|We|Please|Thanks?|This|That|The|You|They|But|And) [a-z])")
_CAPITAL = re.compile(r"(?<=[\w,;] )[A-Z][\w-]*")


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A part of a question between signs."""

    text: str
    """As it is written."""

    words: frozenset[str]
    """Its content words."""


@dataclass(frozen=True)
class Wording:
    """A question as it is compared."""

    text: str
    """The question."""

    @cached_property
    def words(self) -> list[str]:
        """Its content words, cut to stems, numbers as digits, contractions written out."""
        plain = self.text.casefold().replace("’", "'")
        for short, long in _CONTRACTIONS:
            plain = plain.replace(short, long)
        return [_NUMBERS.get(word, word) for word in word_sequence(plain)]

    @cached_property
    def spelt(self) -> dict[str, str]:
        """Its words as they are written, by their stems."""
        return {stem: word for word in re.findall(r"\w+", self.text.casefold()) for stem in word_sequence(word)}

    @cached_property
    def everything(self) -> frozenset[str]:
        """All its words, as they are written but without case."""
        return frozenset(re.findall(r"\w+", self.text.casefold()))

    @cached_property
    def clauses(self) -> list[Clause]:
        """Its clauses that hold content words."""
        parts = (part.strip() for part in _CLAUSE.split(self.text))
        return [Clause(text=part, words=words) for part in parts if (words := frozenset(Wording(part).words))]

    def clauses_with_more_than(self, words: Iterable[str]) -> list[Clause]:
        """Return the clauses that hold something besides such words and courtesy; all of them where none does."""
        known = {*words, *_COURTESY}
        return [clause for clause in self.clauses if not clause.words <= known] or self.clauses

    @cached_property
    def asking(self) -> frozenset[str]:
        """The words by which it asks for a place, a time, a person or a reason."""
        return _ASKING & self.everything

    @cached_property
    def capitals(self) -> frozenset[str]:
        """Content words that are written with a capital within a sentence."""
        return frozenset(word for found in _CAPITAL.findall(self.text) for word in word_sequence(found))

    @cached_property
    def pieces(self) -> frozenset[str]:
        """Its letters three by three, for hashing: spelling errors change few of them."""
        plain = " ".join(re.findall(r"\w+", self.text.casefold()))
        return frozenset(plain[at : at + _SHORT] for at in range(max(1, len(plain) - _SHORT + 1)))


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Content words that stand in one question and in the other not; courtesy and clauses of its own are left out."""

    first: tuple[str, ...]
    """Of the first question."""

    second: tuple[str, ...]
    """Of the second question."""

    common: int
    """Number of words that stand in both."""

    cores: tuple[str, str]
    """The two questions without the clauses that the other has nothing of."""

    renamed: bool
    """Whether each names something else, or a number stands in one alone: they ask of different things."""

    asks_otherwise: bool
    """Whether one asks when and the other where, or the like."""


def names_in(wordings: Iterable[Wording]) -> frozenset[str]:
    """Return the words that are written with a capital within sentences more often than not."""
    capitals: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for wording in wordings:
        capitals.update(wording.capitals)
        small.update(set(wording.words) - wording.capitals)
    return frozenset(word for word, count in capitals.items() if count > small[word])


def difference(first: Wording, second: Wording, names: frozenset[str]) -> Difference:
    """Return where two questions differ; a misspelt word is the word it is meant to be.

    Args:
        first: The one question.
        second: The other.
        names: Words that name something, among all questions.
    """
    left, right = _unlike(first, second), _unlike(second, first)
    numbers = any(_has_digit(word) for word in (*left, *right))
    ours, theirs = first.clauses_with_more_than(left), second.clauses_with_more_than(right)
    return Difference(
        first=_within(left, ours, first),
        second=_within(right, theirs, second),
        common=len(first.words) - len(left),
        cores=(_joined(ours, first), _joined(theirs, second)),
        renamed=numbers or (not names.isdisjoint(left) and not names.isdisjoint(right)),
        asks_otherwise=bool(first.asking and second.asking) and first.asking.isdisjoint(second.asking),
    )


def _within(words: Sequence[str], clauses: Sequence[Clause], whole: Wording) -> tuple[str, ...]:
    inside = {word for clause in clauses for word in clause.words} - _COURTESY
    return tuple(whole.spelt.get(word, word) for word in words if word in inside)


def _joined(clauses: Sequence[Clause], whole: Wording) -> str:
    if len(clauses) == len(whole.clauses):
        return whole.text
    return ", ".join(clause.text for clause in clauses)


def _unlike(wording: Wording, other: Wording) -> list[str]:
    """Return the content words of a question that the other has not, not even misspelt."""
    known = set(other.words)
    left = [word for word in dict.fromkeys(wording.words) if word not in known]
    meant = known | other.everything
    return [
        word
        for word in left
        if not any(_misspelt(word, each) or _misspelt(wording.spelt.get(word, word), each) for each in meant)
    ]


@lru_cache(maxsize=200_000)
def _misspelt(word: str, other: str) -> bool:
    if _has_digit(word) or _has_digit(other) or min(len(word), len(other)) < _SHORT:
        return False
    if abs(len(word) - len(other)) > _LONGER:
        return False
    # Letters in another order are one slip, which the ratio takes for two in a short word.
    return sorted(word) == sorted(other) or SequenceMatcher(None, word, other, autojunk=False).ratio() >= _ALIKE


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
