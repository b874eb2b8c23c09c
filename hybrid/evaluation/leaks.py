"""The leak matrix: every question asked by every principal, every document shown judged again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hybrid.access import permits
from hybrid.evaluation.questions import Question
from hybrid.evaluation.retrieval import FIRST_LIMIT, Outcome, Progress
from hybrid.protocols import Knowledge
from hybrid.types import ANONYMOUS, Answer, Principal

Ask = Callable[[str, Principal], Answer]
"""Answers a question on behalf of a principal."""

Where = Literal["passage", "citation", "preview"]
"""Where a document showed: among the passages of a search or an answer, behind a citation, or by opening it."""

CellState = Literal["open", "withheld", "leak"]
"""``withheld``: a document that the question names is closed to the principal, and stayed closed."""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A document that a principal saw and must not see."""

    question: Question
    """The question that showed it."""

    principal: Principal
    """Who saw it."""

    document_id: str
    """What was seen."""

    where: Where
    """Where it showed."""


@dataclass(frozen=True, kw_only=True)
class MatrixRow:
    """All questions asked by one principal."""

    principal: Principal
    """Who asked."""

    readable: int
    """Documents of the index that the principal may read."""

    shown: int
    """Distinct documents of which anything showed."""

    cells: tuple[CellState, ...]
    """One for each question, in file order."""


@dataclass(frozen=True, kw_only=True)
class LeakMatrix:
    """What every principal saw."""

    rows: tuple[MatrixRow, ...]
    """One for each distinct principal of the golden set, and the anonymous visitor."""

    leaks: tuple[Leak, ...]
    """Everything that must not have been seen; empty is the only good result."""

    @property
    def cells(self) -> int:
        """Number of pairs of question and principal that were tried."""
        return sum(len(row.cells) for row in self.rows)


def find_leaks(knowledge: Knowledge, outcomes: Sequence[Outcome], ask: Ask | None, progress: Progress) -> LeakMatrix:
    """Ask every question as every principal and judge what shows by ``access.permits`` and the rows' ``forbidden``.

    A row's ``forbidden`` binds the principal that the row names; all others are judged by the access lists alone.
    """
    everyone = tuple(dict.fromkeys([*(outcome.question.principal for outcome in outcomes), ANONYMOUS]))
    rows: list[MatrixRow] = []
    leaks: list[Leak] = []
    for principal in everyone:
        judge = _Judge(knowledge, principal, ask)
        cells: list[CellState] = []
        for outcome in outcomes:
            cells.append(judge.cell(outcome))
            progress("leaks", len(rows) * len(outcomes) + len(cells), len(everyone) * len(outcomes))
        leaks += judge.leaks
        rows.append(MatrixRow(principal=principal, readable=judge.readable, shown=len(judge.shown), cells=tuple(cells)))
    return LeakMatrix(rows=tuple(rows), leaks=tuple(leaks))


class _Judge:
    """Tries all questions as one principal and keeps what showed."""

    def __init__(self, knowledge: Knowledge, principal: Principal, ask: Ask | None) -> None:
        self.leaks: list[Leak] = []
        self.shown: set[str] = set()
        self._knowledge = knowledge
        self._principal = principal
        self._ask = ask
        self._permitted = frozenset(name for name in knowledge.document_ids() if self._may_read(name))

    @property
    def readable(self) -> int:
        return len(self._permitted)

    def cell(self, outcome: Outcome) -> CellState:
        """Try one question and say what came of it."""
        question = outcome.question
        closed = {*question.relevant, *question.forbidden} - self._permitted
        if self._principal == question.principal:
            closed.update(question.forbidden)
        known = len(self.leaks)
        for document_id, where in self._surfaces(outcome, closed):
            self.shown.add(document_id)
            if document_id in closed or document_id not in self._permitted:
                self._report(Leak(question=question, principal=self._principal, document_id=document_id, where=where))
        if len(self.leaks) > known:
            return "leak"
        return "withheld" if closed else "open"

    def _surfaces(self, outcome: Outcome, closed: Iterable[str]) -> Iterator[tuple[str, Where]]:
        text, principal = outcome.question.text, self._principal
        for name in self._found(outcome):
            yield name, "passage"
        if self._ask:
            answer = self._ask(text, principal)
            for passage in answer.passages:
                yield passage.document_id, "passage"
            for citation in answer.citations:
                yield citation.document_id, "citation"
        for name in sorted(closed):
            if self._knowledge.document(name, principal=principal) is not None:
                yield name, "preview"

    def _found(self, outcome: Outcome) -> Iterable[str]:
        if self._principal == outcome.question.principal:
            return sorted(outcome.shown)
        found = self._knowledge.search(outcome.question.text, principal=self._principal, limit=FIRST_LIMIT)
        return [passage.document_id for passage in found.passages]

    def _report(self, leak: Leak) -> None:
        if leak not in self.leaks:
            self.leaks.append(leak)

    def _may_read(self, document_id: str) -> bool:
        readers = self._knowledge.access(document_id)
        return readers is not None and permits(self._principal, readers[0], tenant=readers[1])
