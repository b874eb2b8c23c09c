"""Drafts of examples by a model: what the pipeline answers, written as people would, for somebody to review."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from hybrid.contract import Claim, Contract, Quote
from hybrid.errors import ContractError, ModelError
from hybrid.pipeline import Pipeline
from hybrid.types import ANONYMOUS, Answer, Principal
from hybrid_adapters.datasets.files import append_example
from hybrid_adapters.rows.example import load_examples

DRAFTED = "draft"
"""Tag of what a model drafted."""


@dataclass(frozen=True, kw_only=True)
class Drafts:
    """What became of questions."""

    written: tuple[str, ...]
    """Names of the new examples."""

    known: int
    """Questions that stand in the file already."""

    failed: tuple[tuple[str, str], ...]
    """Questions that the model gave no draft for, and why."""


def draft_examples(
    pipeline: Pipeline,
    questions: Sequence[str],
    out: Path,
    *,
    era: str,
    principal: Principal = ANONYMOUS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Drafts:
    """Ask the pipeline's model each question, and add its replies to a file of examples; none of them is approved.

    Every draft is on the disk before the next question is asked: run it again to go on. Its author is the model.

    Args:
        pipeline: Answers, with the contract that the examples are to keep.
        questions: What to ask.
        out: The file of examples; it may be new.
        era: The policies that the documents hold now.
        principal: Who asks; drafts rest on what this principal may read.
        progress: Called after each question.

    Raises:
        RowsError: The file holds something else than examples.
        NotIndexedError: Nothing has been synced yet.
        StorageError: The disk is full or refuses; the drafts so far stay.
    """
    known = {placed.example.question for placed in load_examples([out])} if out.exists() else set[str]()
    new = [question for question in dict.fromkeys(questions) if question not in known]
    written: list[str] = []
    failed: list[tuple[str, str]] = []
    for done, question in enumerate(new, start=1):
        try:
            answer = pipeline.ask(question, principal=principal)
            fields = _example(answer, pipeline.composer.contract, era, principal)
            written.append(append_example(out, fields).id)
        except (ModelError, ContractError) as error:
            failed.append((question, str(error)))
        progress(done, len(new))
    return Drafts(written=tuple(written), known=len(set(questions)) - len(new), failed=tuple(failed))


def _example(answer: Answer, contract: Contract[Any], era: str, principal: Principal) -> dict[str, Any]:
    reply = answer.data if answer.data is not None else contract.parse(contract.compose(answer.status))
    pointers = {
        citation.marker: {"document": citation.document_id, "quote": citation.quote} for citation in answer.citations
    }
    return {
        "question": answer.question,
        "as": {"user": principal.user, "groups": sorted(principal.groups), "tenant": principal.tenant},
        "reply": _authored(reply, pointers),
        "era": era,
        "author": f"model {answer.model}",
        "tags": [DRAFTED],
    }


def _authored(value: Any, pointers: Mapping[int, dict[str, str]]) -> Any:
    """Return a reply as people write it: document and quote in the place of each marker."""
    match value:
        case Quote():
            return pointers[value.marker]
        case Claim():
            return {"text": value.text, "evidence": [pointers[marker] for marker in value.markers]}
        case BaseModel():
            return {name: _authored(getattr(value, name), pointers) for name in type(value).model_fields}
        case list() | tuple():
            return [_authored(inner, pointers) for inner in cast("list[Any]", value)]
        case _:
            return value
