"""What a case is turned into: a golden question or an unapproved training row, without personal data."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from hybrid import _plugins
from hybrid._files import locked, replace_file
from hybrid.contract.contract import Contract
from hybrid.errors import ConfigError, GoldenError
from hybrid.evaluation.jsonl import read_rows
from hybrid.review.cases import Case
from hybrid.types import StoredDocument

AUTHOR = "review desk"
_NAME = "[name]"


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written for a case."""

    file: Path
    """Where."""

    id: str
    """Id of the new line."""

    question: str
    """The question as it stands there."""

    changed: bool
    """Whether personal data was taken out of it."""


@dataclass(frozen=True, kw_only=True)
class Pointed:
    """A place in a document that is still as it was."""

    document: StoredDocument
    """The live version."""

    start: int
    """Offset in its text."""

    end: int
    """Offset after it."""

    lines: tuple[int, int]
    """First and last line in the original file."""

    @property
    def path(self) -> str:
        """The document's path within its source."""
        return self.document.document_id.partition(":")[2]

    @property
    def quote(self) -> str:
        """The words."""
        return self.document.text[self.start : self.end]


class _Named(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str


def add_golden(path: Path, case: Case, found: Sequence[Pointed]) -> Written:
    """Add a case to a golden file as a question of its groups; nobody's name is in it.

    Args:
        path: The golden file; it may be new.
        case: The case.
        found: What answers it; nothing where it is to be refused.

    Raises:
        GoldenError: The case is in the file already, or the file is no golden file.
        MissingExtraError: The package that finds personal data is not installed.
        StorageError: The disk is full or refuses; the file is as it was.
    """
    id_, question = f"review-{case.trace_id[:12]}", without_personal_data(case)
    row = {
        "id": id_,
        "question": question,
        "as": _asking(case),
        "answerable": bool(found),
        "relevant": [{"document": each.document.document_id, "lines": list(each.lines)} for each in found],
        "tags": ["review"],
    }
    with locked(path):
        before = path.read_text("utf-8") if path.exists() else ""
        if before.strip() and any(named.id == id_ for _, named in read_rows(path, _Named)):
            raise GoldenError(f"{path.name}: {id_!r} is a golden question already; edit the line, or dismiss the case")
        end = "" if not before or before.endswith("\n") else "\n"
        replace_file(path, f"{before}{end}{json.dumps(row, ensure_ascii=False)}\n")
    return Written(file=path, id=id_, question=question, changed=question != case.question)


def add_row(path: Path, case: Case, found: Sequence[Pointed], contract: Contract[Any], era: str) -> Written:
    """Add a case to a file of examples as a row that nobody has approved yet.

    Args:
        path: The file of examples; it may be new.
        case: The case.
        found: What the reply points at; a refusal where there is nothing.
        contract: What replies look like.
        era: Policies under which it is right; the month of the answer, when empty.

    Raises:
        RowsError: The case is in the file already, or the file holds no examples.
        ContractError: Only a language model could fill such a reply; write the row by hand.
        MissingExtraError: The package that finds personal data is not installed.
        StorageError: The disk is full or refuses; the file is as it was.
    """
    question = without_personal_data(case)
    fields = {
        "id": f"review-{case.trace_id[:12]}",
        "question": question,
        "as": _asking(case),
        "reply": _reply(found, contract),
        "era": era or datetime.fromtimestamp(case.moment, UTC).strftime("%Y-%m"),
        "author": AUTHOR,
        "tags": ["review", *(reason.replace(" ", "-") for reason in case.reasons)],
    }
    example = _plugins.load("hybrid_adapters.datasets.files:append_example")(path, fields)
    return Written(file=path, id=example.id, question=question, changed=question != case.question)


def without_personal_data(case: Case) -> str:
    """Return the question without the asker's name and without what has the form of personal data.

    Raises:
        MissingExtraError: The package that finds it is not installed.
    """
    masked: str = _plugins.load("hybrid_adapters.datasets.personal:masked")(case.question)
    if not case.user:
        return masked
    return re.sub(rf"(?<!\w){re.escape(case.user)}(?!\w)", _NAME, masked, flags=re.IGNORECASE)


def _asking(case: Case) -> dict[str, Any]:
    return {"groups": list(case.groups), **({"tenant": case.tenant} if case.tenant else {})}


def _reply(found: Sequence[Pointed], contract: Contract[Any]) -> dict[str, Any]:
    pointers = {f"E{n}": {"document": each.path, "quote": each.quote} for n, each in enumerate(found, start=1)}
    composed = json.loads(contract.compose("answered" if found else "refused", list(pointers)))
    return _with_pointers(composed, pointers)


def _with_pointers(value: Any, pointers: dict[str, dict[str, str]]) -> Any:
    """Return JSON values in which every evidence id is a pointer."""
    match value:
        case dict():
            fields = cast(dict[str, Any], value)
            return {name: _with_pointers(each, pointers) for name, each in fields.items()}
        case list():
            return [_with_pointers(each, pointers) for each in cast(list[Any], value)]
        case str() if value in pointers:
            return pointers[value]
        case _:
            return value


def require(path: Path | None, key: str) -> Path:
    """Return a configured file.

    Raises:
        ConfigError: It is not configured.
    """
    if path is None:
        raise ConfigError(f'no file is configured for this; write {key} = "FILE" under [server.review] in hybrid.toml')
    return path
