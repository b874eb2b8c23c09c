"""Code tasks: tests by row id, and whether what a model wrote passes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hybrid.errors import RowsError
from hybrid.evaluation.jsonl import read_rows
from hybrid_adapters.evaluation.arms import Outcome
from hybrid_adapters.evaluation.sandbox import passes

FAILS = "code fails its tests"
"""Error class of a reply whose code does not run, or not as it should."""

_FENCED = re.compile(r"```[a-z0-9]*\n(.*?)```", re.DOTALL)


class _Tests(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1)]
    tests: Annotated[str, Field(min_length=1)]


def read_tests(path: Path) -> dict[str, str]:
    """Return Python tests by the id of their row.

    Raises:
        RowsError: The file cannot be read, or a line is not ``{"id", "tests"}``.
    """
    return {row.id: row.tests for _, row in read_rows(path, _Tests, failure=RowsError)}


def with_code(outcome: Outcome, tests: Mapping[str, str]) -> Outcome:
    """Return an outcome that knows of each reply to a row with tests whether its code passes them.

    Raises:
        ConfigError: There is no sandbox here.
    """
    replies = zip(outcome.rows, outcome.scored, strict=True)
    ran = {row.id: passes(code_in(each.words), tests[row.id]) for row, each in replies if row.id in tests}
    scored = [
        each if ran.get(row.id, True) else replace(each, faults=each.faults | {FAILS})
        for row, each in zip(outcome.rows, outcome.scored, strict=True)
    ]
    return replace(outcome, scored=tuple(scored), code=ran)


def code_in(words: str) -> str:
    r"""Return the code in a model's words: what is fenced, or all of it where nothing is.

    Example:
        >>> code_in("Here you are:\n```python\nx = 1\n```\nBye.")
        'x = 1\n'
    """
    fenced = _FENCED.findall(words)
    return "".join(fenced) if fenced else words
