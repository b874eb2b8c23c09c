"""Authored examples: a question, who asks it, and the reply somebody wants, with facts named by document and words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hybrid.access import access_set
from hybrid.errors import AccessError, RowsError
from hybrid.evaluation.jsonl import read_rows
from hybrid.types import Principal

Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
Decision = Literal["approved", "rejected", "open"]
"""What a reviewer said of a row; ``open`` until somebody has looked at it."""

_PATTERN = "*.jsonl"


class Strict(BaseModel):
    """A row in which a misspelt field is an error."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=True)


class Asking(Strict):
    """Who asks; nobody named is an anonymous visitor."""

    user: str | None = None
    """Name of the user."""

    groups: list[Text] = []
    """Groups of the user."""

    tenant: str = ""
    """Tenant of the user."""


class Example(Strict):
    """One line of a file of examples."""

    id: Text
    """Its name, distinct among all files of a build."""

    question: Text
    """What is asked."""

    asking: Asking = Field(default=Asking(), alias="as")
    """Who asks: evidence comes from what this principal may read."""

    reply: dict[str, Any]
    """The contract's data, with ``{"document", "quote"}`` wherever a reply has an evidence id."""

    era: Text
    """The policies under which the reply was right, such as ``2026-06``."""

    author: Text
    """Who wrote it."""

    reviewer: str | None = None
    """Who decided about it."""

    second_reviewer: str | None = None
    """Who approved it, too, where two are asked for."""

    decision: Decision = "open"
    """What the reviewer decided."""

    tags: list[Text] = []
    """Names under which people find it."""

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return Principal(user=self.asking.user, groups=frozenset(self.asking.groups), tenant=self.asking.tenant)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An example and where it stands."""

    example: Example
    """What was read."""

    file: Path
    """The file."""

    place: str
    """``file:line``, for messages."""


def load_examples(paths: Iterable[Path]) -> list[Placed]:
    """Return the examples of files, and of all ``*.jsonl`` below folders, in order.

    Raises:
        RowsError: A file cannot be read, a line is no example, an id stands twice, or an approved row has no reviewer.
    """
    found: dict[str, Placed] = {}
    for file in example_files(paths):
        for place, example in read_rows(file, Example, failure=RowsError):
            if example.id in found:
                raise RowsError(
                    f"{place}: id {example.id!r} is already used at {found[example.id].place}; ids must be distinct"
                )
            _check(example, place)
            found[example.id] = Placed(example=example, file=file, place=place)
    return list(found.values())


def example_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files, and all ``*.jsonl`` below folders, each once.

    Raises:
        RowsError: A folder holds none.
    """
    seen: set[Path] = set()
    for path in paths:
        files = sorted(path.rglob(_PATTERN)) if path.is_dir() else [path]
        if not files:
            raise RowsError(f"{path}: the folder holds no {_PATTERN}; name a file of examples")
        for file in files:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file


def _check(example: Example, place: str) -> None:
    try:
        access_set(example.principal)
    except AccessError as error:
        raise RowsError(f"{place}: example {example.id!r}: {error}") from error
    if fault := review_fault(example.author, example.reviewer, example.second_reviewer, example.decision):
        raise RowsError(f"{place}: example {example.id!r} {fault}")


def review_fault(author: str, reviewer: str | None, second: str | None, decision: Decision) -> str:
    """Return why a row's review cannot have been one, or nothing.

    Args:
        author: Who wrote it; several names have commas between them.
        reviewer: Who decided.
        second: Who approved it, too; two reviewers are two people, and neither of them wrote it.
        decision: What was decided.
    """
    first, other = name_key(reviewer or ""), name_key(second or "")
    if decision == "approved" and not first:
        return "is approved by nobody; name its reviewer, or open it again"
    if other and other == first:
        return f"was reviewed twice by {reviewer!r}; two reviewers are two people"
    if other and (own := {first, other} & {name_key(name) for name in author.split(",")}):
        return f"has two reviewers, and {min(own)!r} wrote it; nobody approves their own where two are asked for"
    return ""


def name_key(name: str) -> str:
    """Return a person's name as it is compared: without case and spaces around it."""
    return name.strip().casefold()
