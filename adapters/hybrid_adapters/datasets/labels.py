"""What a reply says, without the words around it: two rows with one question and two labels teach a contradiction."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from hybrid.contract import Contract
from hybrid.errors import RowsError
from hybrid_adapters.datasets.records import Record, pointers_in
from hybrid_adapters.rows.example import Example
from hybrid_adapters.rows.pointing import authored

OTHER_WORDS = "other words"
"""Why two texts differ that may mean the same."""

_SHARED = 0.7
_DENIALS = frozenset(["no", "not", "never", "none", "cannot", "without", "neither", "nor", "t"])


@dataclass(frozen=True, kw_only=True)
class Label:
    """What a reply says."""

    choices: Mapping[str, Any]
    """Its status, and what else was chosen among values."""

    evidence: Sequence[tuple[str, frozenset[str]]]
    """Document and words of each quote."""

    words: frozenset[str]
    """Words of a reply that has no fields."""

    @property
    def denies(self) -> bool:
        """Whether a text says no to something."""
        return not _DENIALS.isdisjoint(self.words)

    @property
    def numbers(self) -> frozenset[str]:
        """The numbers in a text."""
        return frozenset(word for word in self.words if any(map(str.isdigit, word)))

    def why_not(self, other: Label) -> str:
        """Return how two labels contradict each other, or nothing."""
        for name in sorted({*self.choices, *other.choices}):
            if (ours := self.choices.get(name)) != (theirs := other.choices.get(name)):
                return f"{name} {_shown(ours)} and {_shown(theirs)}"
        if bool(self.evidence) != bool(other.evidence) or (self.evidence and not self._rests_with(other)):
            return "other evidence"
        if self.denies != other.denies or self.numbers != other.numbers:
            return "one of them denies or counts otherwise"
        if (self.words or other.words) and not _overlap(self.words, other.words):
            return OTHER_WORDS
        return ""

    def covered_by(self, other: Label) -> bool:
        """Return whether another label has all its evidence, and none where it has none."""
        if not self.evidence:
            return not other.evidence
        return all(
            any(document == named and _overlap(quote, words) for named, words in other.evidence)
            for document, quote in self.evidence
        )

    def _rests_with(self, other: Label) -> bool:
        return any(
            document == named and _overlap(quote, words)
            for document, quote in self.evidence
            for named, words in other.evidence
        )


def label_of(record: Record, contract: Contract[Any] | None) -> Label:
    """Return what the reply of a row says.

    Args:
        record: The row.
        contract: Tells choices from phrases in the reply of an example; None takes every value that is no text.
    """
    reply = record.reply
    if isinstance(reply, str):
        return Label(choices={}, evidence=(), words=_words(reply))
    spoken = _spoken(record, contract)
    choices = {
        name: value
        for name, value in reply.items()
        if name not in spoken
        and isinstance(value, str | bool | int | float)
        and (contract or name == "status" or not isinstance(value, str))
    }
    return Label(choices=choices, evidence=evidence_in(pointers_in(reply)), words=frozenset())


def evidence_in(pointers: Iterable[tuple[str, str]]) -> list[tuple[str, frozenset[str]]]:
    """Return document and words of each quote, however its document is named."""
    return [(document_key(document), _words(quote)) for document, quote in pointers]


def _spoken(record: Record, contract: Contract[Any] | None) -> frozenset[str]:
    if contract is None or not isinstance(record.row, Example):
        return frozenset()
    try:
        return authored(record.row.reply, contract).spoken
    except RowsError:
        return frozenset(record.row.reply) - {"status"}


def document_key(document: str) -> str:
    """Return how a document is compared, which may be named by id, path or file stem."""
    return PurePosixPath(document.rpartition(":")[2]).stem.casefold()


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _overlap(first: frozenset[str], second: frozenset[str]) -> bool:
    few, many = sorted((first, second), key=len)
    numbers = {word for word in few if word.isdigit()}
    return numbers <= many and len(few & many) >= _SHARED * max(1, len(few))


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
