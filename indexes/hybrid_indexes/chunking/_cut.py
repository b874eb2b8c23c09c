"""Cut blocks into atoms: pieces that fit into a chunk, each as large as the structure allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from hybrid_indexes.chunking._blocks import Block, Kind
from hybrid_indexes.chunking._sentences import sentence_ends
from hybrid_indexes.chunking._tokens import TOKEN, count_tokens

_CHARACTERS_PER_TOKEN = 16
_UNIT = re.compile(r"\n[ \t\r]*\n(?=[^\s})\]])")
_BLANK = re.compile(r"\n[ \t\r]*\n")
_LINE = re.compile(r"\n")


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece of a document that goes into a chunk as a whole."""

    start: int
    """Offset of its first line, indentation included, or of its first character within a line."""

    end: int
    """Offset after its last character that is not blank."""

    cleaned: str
    """The text without markup noise."""

    tokens: int
    """Estimated tokens of the cleaned text."""

    level: int = 0
    """Of a heading: 1 is the outermost; 0 for everything else."""

    title: str = ""
    """Of a heading: its text."""

    context: str = ""
    """What a chunk that begins here needs to be understood: the head of a table."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much fits."""

    tokens: int
    """Estimated tokens of a chunk without the headings it begins with."""

    @property
    def characters(self) -> int:
        """Characters of a chunk, for text that is almost all markup or blank."""
        return self.tokens * _CHARACTERS_PER_TOKEN

    @property
    def heading_tokens(self) -> int:
        """Estimated tokens above which a heading is a paragraph."""
        return self.tokens // 4

    @property
    def heading_characters(self) -> int:
        """Characters above which a heading is a paragraph."""
        return self.characters // 4


class Cutter:
    """Cuts the blocks of one text."""

    def __init__(self, text: str, clean: Callable[[str], str], limits: Limits) -> None:
        self._text = text
        self._clean = clean
        self._limits = limits

    def atoms(self, blocks: Iterable[Block]) -> Iterator[Atom]:
        """Yield the atoms of blocks, in order; none is blank."""
        for block in blocks:
            if (heading := self._heading(block)) is not None:
                yield heading
            elif not block.children:
                yield from self._leaf(block)
            elif (span := self._strip(block.start, block.end)) is not None:
                whole = self._fitting(*span, block.kind)
                yield from self.atoms(block.children) if whole is None else [whole]

    def _heading(self, block: Block) -> Atom | None:
        """Return the atom of a heading; None for anything else, and for a "heading" that is as long as a paragraph."""
        span = self._strip(block.start, block.end) if block.level else None
        if span is None or span[1] - span[0] > self._limits.heading_characters:
            return None
        tokens = count_tokens(block.title)
        if tokens > self._limits.heading_tokens:
            return None
        return Atom(*span, cleaned=block.title, tokens=tokens, level=block.level, title=block.title)

    def _leaf(self, block: Block) -> Iterator[Atom]:
        pieces = self._pieces(block.start, block.end, block.kind, _CUTS[block.kind])
        if block.kind != "table":
            yield from pieces
            return
        head = self._text[block.start : block.end].strip().partition("\n")[0]
        context = self._clean(head) if count_tokens(head) <= self._limits.heading_tokens else ""
        for number, piece in enumerate(pieces):
            yield replace(piece, context=context if number else "")

    def _pieces(self, start: int, end: int, kind: Kind, cuts: tuple[Cut, ...]) -> Iterator[Atom]:
        """Yield the span as one atom where it fits, else cut it, the coarsest way first."""
        if (span := self._strip(start, end)) is None:
            return
        if (atom := self._fitting(*span, kind)) is not None:
            yield atom
            return
        start, end = span
        offsets = [start, *(start + offset for offset in cuts[0](self._text[start:end], self._limits)), end]
        for piece in zip(offsets, offsets[1:], strict=False):
            yield from self._pieces(*piece, kind, cuts[1:])

    def _fitting(self, start: int, end: int, kind: Kind) -> Atom | None:
        if end - start > self._limits.characters:
            return None
        source = self._text[start:end]
        cleaned = source if kind == "code" else self._clean(source)
        tokens = count_tokens(cleaned)
        return Atom(start, end, cleaned=cleaned.strip(), tokens=tokens) if tokens <= self._limits.tokens else None

    def _strip(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the span without blank lines at its ends, the first line's indentation kept; None if it is blank."""
        source = self._text[start:end]
        if not (stripped := source.lstrip()):
            return None
        first = end - len(stripped)
        newline = self._text.rfind("\n", max(0, start - 1), first)
        line = first if newline < 0 < start else max(start, newline + 1)
        return line, start + len(source.rstrip())


Cut = Callable[[str, Limits], list[int]]
"""From a text to the offsets at which it may be cut."""


def _at_sentences(text: str, limits: Limits) -> list[int]:
    return sentence_ends(text)


def _at(pattern: re.Pattern[str]) -> Cut:
    return lambda text, limits: [match.end() for match in pattern.finditer(text)]


def _at_words(text: str, limits: Limits) -> list[int]:
    """Return the last resort: as many words as fit; where one word does not, as much of it as fits."""
    cuts: list[int] = []
    last = word = tokens = tokens_of_word = 0
    for match in TOKEN.finditer(text):
        begin = match.start()
        if begin == 0 or text[begin - 1].isspace():
            word, tokens_of_word = begin, 0
        if tokens == limits.tokens or match.end() - last > limits.characters:
            if tokens_of_word == tokens:
                word, tokens_of_word = begin, 0
            last, tokens = word, tokens_of_word
            cuts.append(last)
        tokens += 1
        tokens_of_word += 1
    return cuts


_CUTS: dict[Kind, tuple[Cut, ...]] = {
    "heading": (_at(_LINE), _at_words),
    "prose": (_at_sentences, _at(_LINE), _at_words),
    "table": (_at(_LINE), _at_words),
    "code": (_at(_UNIT), _at(_BLANK), _at(_LINE), _at_words),
}
