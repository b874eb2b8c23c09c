"""Queries and judgements in the shape of BEIR and TREC, as golden questions (https://github.com/beir-cellar/beir)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

from hybrid.errors import GoldenError
from hybrid.evaluation.jsonl import read_lines, read_rows
from hybrid.evaluation.names import DocumentNames
from hybrid.evaluation.questions import GoldenSet, Question, Target
from hybrid.types import ANONYMOUS, Principal

_Grades = Mapping[str, Mapping[str, int]]
_Places = Mapping[str, str]


class _QueryRow(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True, frozen=True)

    id: Annotated[str, Field(validation_alias=AliasChoices("_id", "id")), StringConstraints(min_length=1)]
    text: Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


def load_beir(
    queries: Path,
    qrels: Path,
    document_ids: Sequence[str],
    *,
    principal: Principal = ANONYMOUS,
    judged_only: bool = False,
) -> GoldenSet:
    """Return one answerable question for every query, with graded ground truth.

    Args:
        queries: JSONL rows ``{"_id" or "id", "text"}``; other fields are ignored.
        qrels: ``query-id corpus-id score`` with or without a header, or TREC's ``query-id 0 corpus-id score``;
            fields separated by tabs or blanks, scores whole numbers. Documents scored 0 or less are not relevant.
        document_ids: Ids that may be named.
        principal: Who asks all of them.
        judged_only: Leave out queries without a relevant document and count them in ``left_out``, for a queries
            file that also holds the queries of other splits. Otherwise such a query is an error.

    Raises:
        GoldenError: Anything that could not be scored honestly, with file, line, value and advice.
    """
    texts, places = _read_queries(queries)
    grades = _read_qrels(qrels, DocumentNames(document_ids), texts, queries)
    unjudged = [identifier for identifier in texts if not grades.get(identifier)]
    if unjudged and not judged_only:
        raise GoldenError(
            f"{places[unjudged[0]]}: query {unjudged[0]!r} has no relevant document in {qrels} "
            f"({len(unjudged)} of {len(texts)} queries have none); judge them or leave them out with --judged-only"
        )
    if len(unjudged) == len(texts):
        raise GoldenError(f"{qrels}: no query has a relevant document; give the judgements that belong to {queries}")
    questions = tuple(
        Question(
            id=identifier,
            text=text,
            place=places[identifier],
            principal=principal,
            targets=tuple(Target(document_id=name, grade=grade) for name, grade in grades[identifier].items()),
        )
        for identifier, text in texts.items()
        if grades.get(identifier)
    )
    return GoldenSet(name=queries.name, questions=questions, left_out=len(unjudged))


def _read_queries(path: Path) -> tuple[Mapping[str, str], _Places]:
    texts: dict[str, str] = {}
    places: dict[str, str] = {}
    for place, row in read_rows(path, _QueryRow):
        if row.id in places:
            raise GoldenError(f"{place}: query id {row.id!r} is already used at {places[row.id]}; make ids distinct")
        texts[row.id], places[row.id] = row.text, place
    return texts, places


def _read_qrels(path: Path, names: DocumentNames, texts: Mapping[str, str], queries: Path) -> _Grades:
    judged: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for place, query, document, grade in _judgements(path, texts):
        if query not in texts:
            raise GoldenError(f"{place}: query {query!r} has no text in {queries}; add it there or drop the judgement")
        try:
            identifier = names.resolve(document)
        except GoldenError as error:
            raise GoldenError(f"{place}: {error}") from error
        if judged[query].setdefault(identifier, grade) != grade:
            raise GoldenError(f"{place}: {query!r} judges {document!r} twice with different scores; keep one")
    return {query: {name: grade for name, grade in of.items() if grade > 0} for query, of in judged.items()}


def _judgements(path: Path, texts: Mapping[str, str]) -> list[tuple[str, str, str, int]]:
    rows = [(place, _fields(line)) for place, line in read_lines(path)]
    first = rows[0][1]
    if not _is_whole(first[-1]) and first[0] not in texts:
        rows = rows[1:]  # the header
    return [_judgement(place, fields) for place, fields in rows]


def _fields(line: str) -> list[str]:
    return [field.strip() for field in line.split("\t")] if "\t" in line else line.split()


def _judgement(place: str, fields: list[str]) -> tuple[str, str, str, int]:
    if len(fields) not in (3, 4):
        raise GoldenError(f"{place}: expected 'query-id corpus-id score', got {len(fields)} fields; separate by tabs")
    if not _is_whole(fields[-1]):
        raise GoldenError(f"{place}: score {fields[-1]!r} is not a whole number; write 0, 1, 2, ...")
    return place, fields[0], fields[-2], int(fields[-1])


def _is_whole(field: str) -> bool:
    return field.removeprefix("-").isdecimal()
