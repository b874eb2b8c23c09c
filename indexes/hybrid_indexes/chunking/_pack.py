"""Pack atoms into chunks: neighbours of a section as far as they fit, small sections together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hybrid_indexes.chunking._cut import Atom, Limits
from hybrid_indexes.chunking._tokens import count_tokens


@dataclass(slots=True)
class Draft:
    """A chunk in the making."""

    headings: Sequence[Atom]
    """Headings that it begins with, outermost first; they are in the path already and cost nothing."""

    path: tuple[str, ...]
    """Titles of the headings above its first atom, outermost first."""

    context: str = ""
    """What its first atom needs to be understood: the head of a table that began before."""

    atoms: list[Atom] = field(default_factory=list["Atom"])
    """What it is made of."""

    tokens: int = 0
    """Estimated tokens of context and atoms."""

    @property
    def start(self) -> int:
        """Offset of its first character."""
        return (self.headings or self.atoms)[0].start

    @property
    def end(self) -> int:
        """Offset after its last character."""
        return self.atoms[-1].end

    @property
    def body(self) -> str:
        """Its text without markup noise, without the headings that its path names."""
        return "\n".join(part for part in (self.context, *(atom.cleaned for atom in self.atoms)) if part)


def pack(atoms: Iterable[Atom], limits: Limits) -> Iterator[Draft]:
    """Yield the chunks of a document in order.

    A section begins a new chunk unless the one before it is at most half full: a chunk of a few words takes a place
    among the hits and answers little.
    """
    packer = _Packer(limits)
    for atom in atoms:
        yield from packer.heading(atom) if atom.level else packer.content(atom)
    yield from packer.rest()


class _Packer:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._above: list[Atom] = []
        self._pending: list[Atom] = []
        self._draft: Draft | None = None

    def heading(self, atom: Atom) -> Iterator[Draft]:
        """Open a section; the headings of sections that turn out to be empty become content of those above."""
        yield from self._close_empty(atom.level)
        self._above = [heading for heading in self._above if heading.level < atom.level] + [atom]
        self._pending.append(atom)

    def content(self, atom: Atom) -> Iterator[Draft]:
        """Add an atom under the headings that wait for one."""
        headings, self._pending = self._pending, []
        yield from self._place(atom, headings, self._above)

    def rest(self) -> Iterator[Draft]:
        """Yield what is left at the end of the document."""
        yield from self._close_empty(1)
        if self._draft is not None:
            yield self._draft

    def _close_empty(self, level: int) -> Iterator[Draft]:
        while self._pending and self._pending[-1].level >= level:
            empty = [heading for heading in self._pending if heading.level >= level][0]
            position = self._pending.index(empty)
            headings, self._pending = self._pending[:position], self._pending[position + 1 :]
            above = [heading for heading in self._above if heading.level < empty.level]
            yield from self._place(empty, headings, above)

    def _place(self, atom: Atom, headings: Sequence[Atom], above: Sequence[Atom]) -> Iterator[Draft]:
        draft = self._draft
        if draft is not None and self._joins(draft, atom, headings):
            draft.atoms += [*headings, atom]
            draft.tokens += sum(heading.tokens for heading in headings) + atom.tokens
            return
        if draft is not None:
            yield draft
        room = self._limits.tokens - atom.tokens
        context = atom.context if count_tokens(atom.context) <= room else ""
        path = tuple(heading.title for heading in above if heading.title)
        tokens = atom.tokens + count_tokens(context)
        self._draft = Draft(headings, path, context=context, atoms=[atom], tokens=tokens)

    def _joins(self, draft: Draft, atom: Atom, headings: Sequence[Atom]) -> bool:
        tokens = draft.tokens + sum(heading.tokens for heading in headings) + atom.tokens
        if headings and draft.tokens > self._limits.tokens // 2:
            return False
        return tokens <= self._limits.tokens and atom.end - draft.start <= self._limits.characters
