"""Golden files: one JSON row per question, with who asks and what must and must not be found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, StringConstraints

from hybrid.access import access_set
from hybrid.errors import AccessError, GoldenError
from hybrid.evaluation.jsonl import read_rows
from hybrid.evaluation.names import DocumentNames
from hybrid.evaluation.questions import GoldenSet, Question, Target
from hybrid.types import Principal

_Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


def _ordered(lines: tuple[int, int]) -> tuple[int, int]:
    if lines[0] > lines[1]:
        raise ValueError("the first line must not come after the last")
    return lines


class _Strict(BaseModel):
    # A misspelt "forbidden" that is silently dropped would be a leak nobody checks.
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _AsRow(_Strict):
    user: str | None = None
    groups: list[str] = []
    tenant: str = ""


class _TargetRow(_Strict):
    document: _Text
    lines: Annotated[tuple[PositiveInt, PositiveInt], AfterValidator(_ordered)] | None = None
    quote: _Text | None = None


class _GoldenRow(_Strict):
    id: _Text
    question: _Text
    principal: _AsRow = Field(default=_AsRow(), alias="as")
    answerable: bool = True
    relevant: list[_TargetRow] = []
    forbidden: list[_Text] = []
    tags: list[_Text] = []


def load_golden(path: Path, document_ids: Sequence[str]) -> GoldenSet:
    """Return the questions of a golden file, every document name resolved.

    A row is ``{"id", "question", "as": {"user", "groups": [...]}, "answerable": true,
    "relevant": [{"document", "lines": [a, b]?, "quote"?}], "forbidden": ["document", ...], "tags": [...]}``. Without
    ``as`` an anonymous visitor asks. A document is named by its id ``source:path``, its path or its file stem.

    Args:
        path: The JSONL file.
        document_ids: Ids that may be named: those of the index, and of documents known to be missing from it.

    Raises:
        GoldenError: Anything that could not be scored honestly, as one line with file, line, value and advice.
    """
    names = DocumentNames(document_ids)
    places: dict[str, str] = {}
    questions: list[Question] = []
    for place, row in read_rows(path, _GoldenRow):
        if row.id in places:
            raise GoldenError(f"{place}: id {row.id!r} is already used at {places[row.id]}; ids must be distinct")
        places[row.id] = place
        questions.append(_question(row, place, names))
    return GoldenSet(name=path.name, questions=tuple(questions))


def _question(row: _GoldenRow, place: str, names: DocumentNames) -> Question:
    _check_ground_truth(row, place)
    try:
        targets = tuple(
            Target(document_id=names.resolve(target.document), lines=target.lines, quote=target.quote)
            for target in row.relevant
        )
        forbidden = tuple(names.resolve(name) for name in row.forbidden)
        principal = _principal(row.principal)
    except (GoldenError, AccessError) as error:
        raise GoldenError(f"{place}: question {row.id!r}: {error}") from error
    if both := {target.document_id for target in targets}.intersection(forbidden):
        raise GoldenError(f"{place}: question {row.id!r} names {min(both)!r} as relevant and as forbidden; drop one")
    return Question(
        id=row.id,
        text=row.question,
        place=place,
        principal=principal,
        answerable=row.answerable,
        targets=targets,
        forbidden=forbidden,
        tags=tuple(dict.fromkeys(row.tags)),
    )


def _check_ground_truth(row: _GoldenRow, place: str) -> None:
    if row.answerable and not row.relevant:
        raise GoldenError(
            f"{place}: question {row.id!r} has no relevant document; add one to 'relevant' or set 'answerable' to false"
        )
    if not row.answerable and row.relevant:
        raise GoldenError(
            f"{place}: question {row.id!r} is not answerable but names {row.relevant[0].document!r} as relevant; "
            "empty 'relevant' or set 'answerable' to true"
        )


def _principal(row: _AsRow) -> Principal:
    principal = Principal(user=row.user, groups=frozenset(row.groups), tenant=row.tenant)
    access_set(principal)  # a malformed name is the file's fault, found before any search runs
    return principal
