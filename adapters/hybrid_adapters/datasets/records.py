"""A row of a dataset, whatever its form: an authored example, a chat or a preference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from hybrid_adapters.rows.example import Decision, Example, Strict, Text
from hybrid_adapters.rows.row import ChatMessage, Split

Form = Literal["example", "chat", "preference"]
"""``example``: facts named by document and quote, built into rows by ``hybrid data build``. ``chat`` and
``preference``: trained on as they are."""


class _Reviewed(Strict):
    """What every row says of where it comes from and who decided about it."""

    id: Text
    """Its name."""

    documents: list[Text] = []
    """Documents that it was made from; rows are split by them."""

    source: str | None = None
    """Where it was imported from, or what drafted it."""

    era: Text
    """The policies under which the reply was right."""

    author: Text
    """Who wrote it."""

    reviewer: str | None = None
    """Who decided about it."""

    second_reviewer: str | None = None
    """Who approved it, too, where two are asked for."""

    decision: Decision = "open"
    """What the reviewer decided."""

    split: Split = "train"
    """Whether it may be trained on."""

    tags: list[Text] = []
    """Names under which people find it."""


class Chat(_Reviewed):
    """A chat whose last message, the assistant's, is learned."""

    messages: Annotated[list[ChatMessage], Field(min_length=2)]
    """From first to last."""


class Preference(_Reviewed):
    """A prompt with a reply that is preferred to another."""

    prompt: Annotated[list[ChatMessage], Field(min_length=1)]
    """Messages before the reply."""

    chosen: Text
    """The better reply."""

    rejected: Text
    """The worse reply."""


MODELS: Mapping[Form, type[Example | Chat | Preference]] = {
    "example": Example,
    "chat": Chat,
    "preference": Preference,
}
"""What a row of each form has to be."""

_MARKS: Mapping[Form, str] = {"chat": "messages", "preference": "chosen", "example": "question"}


@dataclass(frozen=True, kw_only=True)
class Record:
    """A row with the place where it stands."""

    form: Form
    """What kind of row it is."""

    row: Example | Chat | Preference
    """What was read."""

    file: Path
    """The file."""

    line: int
    """Its number in the file, from 1."""

    @property
    def place(self) -> str:
        """``file:line``, for messages."""
        return f"{self.file}:{self.line}"

    @property
    def id(self) -> str:
        """Its name."""
        return self.row.id

    @property
    def approved(self) -> bool:
        """Whether it may be trained on."""
        return self.row.decision == "approved"

    @property
    def question(self) -> str:
        """What is asked: of a chat the last message before the reply."""
        match self.row:
            case Example():
                return self.row.question
            case Chat():
                return self.row.messages[-2].content
            case Preference():
                return self.row.prompt[-1].content

    @property
    def asker(self) -> str:
        """Who asks and after what: rows are compared only where it is the same."""
        match self.row:
            case Example():
                asking = self.row.asking
                return json.dumps([asking.user, sorted(asking.groups), asking.tenant])
            case Chat():
                return json.dumps([message.content for message in self.row.messages[:-2]])
            case Preference():
                return json.dumps([message.content for message in self.row.prompt[:-1]])

    @property
    def reply(self) -> Mapping[str, Any] | str:
        """The reply: fields of a contract, or a text."""
        match self.row:
            case Example():
                return self.row.reply
            case Chat():
                return fields_in(self.row.messages[-1].content)
            case Preference():
                return fields_in(self.row.chosen)

    @cached_property
    def reply_text(self) -> str:
        """The reply as one text."""
        return self.reply if isinstance(self.reply, str) else json.dumps(self.reply, ensure_ascii=False)

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents that it rests on, by name, each once."""
        if isinstance(self.row, Example):
            return tuple(dict.fromkeys(document for document, _ in pointers_in(self.row.reply)))
        return tuple(self.row.documents)

    def fields(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return self.row.model_dump(mode="json", by_alias=True)


def form_of(fields: Mapping[str, Any]) -> Form | None:
    """Return what kind of row it is by its fields; None where it is none."""
    return next((form for form, mark in _MARKS.items() if mark in fields), None)


def fields_in(text: str) -> Mapping[str, Any] | str:
    """Return the JSON object that a text is, or the text."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return cast("dict[str, Any]", found) if isinstance(found, dict) else text


def pointers_in(value: Any) -> Iterator[tuple[str, str]]:
    """Yield document and quote of each pointer in a reply, in order."""
    match value:
        case {"document": str(document), "quote": str(quote)}:
            yield document, quote
        case dict():
            for inner in cast("dict[str, Any]", value).values():
                yield from pointers_in(inner)
        case list() | tuple():
            for inner in cast("list[Any]", value):
                yield from pointers_in(inner)
        case _:
            return
