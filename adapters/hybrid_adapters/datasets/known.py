"""Rows that a model answers rightly already: they teach it nothing but the voice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from hybrid.answering.assembly import contract_named
from hybrid.channel.opening import opened
from hybrid.config import Settings
from hybrid.contract import Contract
from hybrid.errors import RowsError
from hybrid.types import Answer
from hybrid_adapters.datasets.labels import Label, evidence_in, label_of
from hybrid_adapters.datasets.reading import load_records
from hybrid_adapters.datasets.records import Record
from hybrid_adapters.rows.example import Example
from hybrid_adapters.rows.pointing import authored


def already_right(
    settings: Settings,
    paths: Sequence[Path],
    *,
    model: str,
    contract: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Return the names of approved examples whose status, choices and evidence a model gives by itself.

    Each is asked of the pipeline as its principal, with no adapter. Phrases are not compared: a voice is what rows add.

    Args:
        settings: The pipeline's.
        paths: Files of examples.
        model: ``local:FOLDER``, ``remote:NAME`` or ``extractive``.
        contract: ``module:Class``; the configured one, when left out.
        progress: Called after each example.

    Raises:
        RowsError: The files hold something else than examples.
        ModelError: The model cannot be loaded or asked.
        IndexStateError: The index cannot be used.
    """
    records = [record for record in load_records(paths) if record.approved]
    if other := next((record for record in records if not isinstance(record.row, Example)), None):
        raise RowsError(f"{other.place}: a {other.form} is asked of no pipeline; leave --model out, or name examples")
    name = contract or settings.answer.contract
    changes = {"model": model, "adapter": None, "contract": name}
    bare = settings.model_copy(update={"answer": settings.answer.model_copy(update=changes)})
    found: list[str] = []
    with opened(bare) as pipeline:
        for done, record in enumerate(records, start=1):
            row = cast("Example", record.row)
            answer = pipeline.ask(row.question, principal=row.principal)
            if _right(answer, record, contract_named(name)):
                found.append(record.id)
            progress(done, len(records))
    return found


def _right(answer: Answer, record: Record, contract: Contract[Any]) -> bool:
    wanted = label_of(record, contract)
    cited = evidence_in((citation.document_id, citation.quote) for citation in answer.citations)
    given = Label(choices=_choices(answer.data, record, contract, answer.status), evidence=cited, words=frozenset())
    same = {name: value for name, value in wanted.choices.items() if given.choices.get(name) != value}
    return not same and wanted.covered_by(given)


def _choices(data: BaseModel | None, record: Record, contract: Contract[Any], status: str) -> dict[str, Any]:
    fields = data.model_dump(mode="json") if data is not None else {}
    spoken = authored(cast("Example", record.row).reply, contract).spoken
    return {**{name: value for name, value in fields.items() if name not in spoken}, "status": status}
