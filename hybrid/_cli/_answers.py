"""Answers that were written as JSON, read back: a file that anybody may have edited."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, PositiveInt, ValidationError

from hybrid.errors import ConfigError
from hybrid.types import AnswerStatus, Citation

_MARKER = re.compile(r"\[([0-9]{1,9})\]")


class _CitationRecord(BaseModel):
    marker: PositiveInt
    document_id: Annotated[str, Field(pattern=r".+:.+")]
    uri: str
    title: str
    version: str
    lines: tuple[PositiveInt, PositiveInt]
    page: PositiveInt | None = None
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    quote: str


class _AnswerRecord(BaseModel):
    status: AnswerStatus
    text: str
    citations: list[_CitationRecord]


def load_answer(path: Path) -> list[Citation]:
    """Return the citations of an answer that ``hybrid ask`` wrote; none of them counts as verified.

    Raises:
        ConfigError: The file is missing, is no such answer, or its text points at citations that it does not have.
    """
    try:
        record = _AnswerRecord.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error.strerror}; name a file of hybrid ask --out") from None
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "file"
        raise ConfigError(
            f"{path.name} is no answer of hybrid ask: {where}: {fault['msg']}; write one with --out"
        ) from None
    _check_markers(record, path)
    return [Citation(**each.model_dump(), verified=False) for each in record.citations]


def _check_markers(record: _AnswerRecord, path: Path) -> None:
    """Refuse an answer that would be proved by less than it claims."""
    cited = [each.marker for each in record.citations]
    if record.status == "answered" and not cited:
        raise ConfigError(
            f"{path.name} answers without a citation, which hybrid ask never does; there is nothing to check"
        )
    if len(set(cited)) < len(cited):
        raise ConfigError(f"{path.name} has two citations with one marker, which hybrid ask never does; write it again")
    claimed = {int(marker) for marker in _MARKER.findall(record.text)} if record.status == "answered" else set[int]()
    if missing := claimed - set(cited):
        raise ConfigError(f"{path.name}: the text points at [{min(missing)}], which is not among its citations")
