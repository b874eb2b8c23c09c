"""Whether a claim says what a unit of evidence says: the same content words, in the same order."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

from hybrid.claims._dates import spelled_out
from hybrid.claims._numbers import in_digits
from hybrid.claims._qualifiers import unmarked
from hybrid.evidence.words import word_sequence

_LONGEST = 400
_MOST_SEGMENTS = 5
_BRACKETS = re.compile(r"\([^()]*\)")
_SEGMENT = re.compile(r"[,;:](?=\s|$)|\s[—–-]\s|[()]")
_PRONOUN_FIRST = re.compile(r"\W*(?:it|he|she|they|this|these|those|its|his|her|their|you)\b", re.IGNORECASE)


def says(claim: str, unit: str, *, around: Collection[str], threshold: float) -> bool:
    """Return whether a unit says a claim.

    The order counts because "Denver beat Carolina" and "Carolina beat Denver" share every word, and so do words left
    out: "Refunds for yearly plans take 5 days" does not say "Refunds take 5 days". Only what stands in brackets,
    between commas or after the last one may be left out; a clause may move across a comma; and where the unit begins
    with a pronoun, the claim may begin with a heading's words instead.

    Args:
        claim: The claim.
        unit: What it may rest on.
        around: Content words of titles and headings.
        threshold: Length of the longest common subsequence relative to the longer of both, in [0, 1].
    """
    written, *turned = map(tuple, _turned(_segments(claim)))
    wanted = {written, *turned}
    if _PRONOUN_FIRST.match(unit):
        wanted.add(_without_subject(written, around))
    said = {tuple(reading) for segments in _shortened(unit) for reading in _turned(segments)}
    return any(_agree(mine, theirs, threshold) for mine in wanted for theirs in said)


def _segments(text: str) -> list[list[str]]:
    pieces = _SEGMENT.split(unmarked(in_digits(spelled_out(text))))
    return [words for piece in pieces if (words := word_sequence(piece)[:_LONGEST])]


def _shortened(text: str) -> Iterator[list[list[str]]]:
    for form in {text, _BRACKETS.sub(" ", text)}:
        first, *others = _segments(form) or [[]]
        yield [first, *others]
        if len(others) <= _MOST_SEGMENTS:
            for kept in range(len(others)):
                yield from ([first, *chosen] for chosen in combinations(others, kept))


def _turned(segments: Sequence[list[str]]) -> Iterator[list[str]]:
    """Yield all words in order, and with the first segment moved to the end."""
    yield [word for segment in segments for word in segment]
    if len(segments) > 1:
        yield [word for segment in (*segments[1:], segments[0]) for word in segment]


def _without_subject(words: Sequence[str], around: Collection[str]) -> tuple[str, ...]:
    first = next((place for place, word in enumerate(words) if word not in around), len(words))
    return tuple(words[first:])


def _agree(mine: Sequence[str], theirs: Sequence[str], threshold: float) -> bool:
    shorter, longer = sorted((len(mine), len(theirs)))
    # Comparing takes the product of the lengths; most readings are too short or too long to agree anyway.
    if not shorter or shorter / longer < threshold:
        return False
    return _longest_common(mine, theirs) / longer >= threshold


def _longest_common(mine: Sequence[str], theirs: Sequence[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(theirs) + 1)
    for word in mine:
        before = 0
        for place, other in enumerate(theirs, start=1):
            before, row[place] = row[place], before + 1 if word == other else max(row[place], row[place - 1])
    return row[-1]
