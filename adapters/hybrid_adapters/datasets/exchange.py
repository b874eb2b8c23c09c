"""Rows in the formats of others: OpenAI's chats, TRL's prompts and completions, preference pairs."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import ValidationError

from hybrid.errors import RowsError
from hybrid.evaluation.jsonl import first_fault, read_lines
from hybrid_adapters.datasets.records import MODELS, Chat, Form, Preference, Record
from hybrid_adapters.rows.example import Example

Format = Literal["openai", "trl", "trl-conversational", "trl-preference"]
"""``openai``: ``messages``. ``trl``: ``prompt`` and ``completion`` as texts. ``trl-conversational``: the same as lists
of messages. ``trl-preference``: ``prompt``, ``chosen`` and ``rejected`` as lists of messages."""

_Messages = list[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Exported:
    """Rows for another program."""

    rows: tuple[dict[str, Any], ...]
    """The rows."""

    left_out: int
    """Rows that nobody approved."""


def exported(records: Sequence[Record], format: Format) -> Exported:
    """Return approved rows in a format of others; what nobody approved is left out.

    An example is exported as people author it: its question, and its reply as JSON with document and quote. What a
    model reads in serving is made by ``hybrid data build``, whose rows are OpenAI chats already.

    Args:
        records: The rows.
        format: The format.

    Raises:
        RowsError: A row cannot be written in that format, or no row is approved.
    """
    wanted = [record for record in records if record.approved]
    if not wanted:
        raise RowsError(f"none of {len(records)} rows is approved, and only approved rows train: hybrid data review")
    return Exported(rows=tuple(_written(record, format) for record in wanted), left_out=len(records) - len(wanted))


def imported(path: Path, *, era: str, author: str, source: str | None = None) -> tuple[Form, list[dict[str, Any]]]:
    """Return the rows of a file in a format of others, whatever it is; all of them are open.

    Rows that this project exported and nobody changed come back as what they were, unapproved.

    Args:
        path: A JSONL file of chats, prompts and completions, or preferences.
        era: The policies under which the replies were right.
        author: Who wrote them.
        source: Where they come from; the file's name, when left out.

    Raises:
        RowsError: The file cannot be read, a line is of no known format, or two lines are of different ones.
    """
    found: list[tuple[Form, dict[str, Any]]] = []
    named: Counter[str] = Counter()
    for place, line in read_lines(path, failure=RowsError):
        form, fields = _read(place, line)
        if found and found[0][0] != form:
            raise RowsError(f"{place}: mixed formats: a {form} among {found[0][0]}s; import each from its own file")
        known = {"era": era, "author": author, "source": source or path.name, "decision": "open", **fields}
        if form == "example":
            known.pop("source")
        name = f"{path.stem}-{_digest(fields)}"
        named[name] += 1
        # The same row again is kept: hybrid data dedupe takes it away, and says so.
        known["id"] = name if named[name] == 1 else f"{name}-{named[name]}"
        found.append((form, _checked(place, form, known)))
    return found[0][0], [fields for _, fields in found]


def _written(record: Record, format: Format) -> dict[str, Any]:
    match record.row, format:
        case Preference() as pair, "trl-preference":
            prompt = [message.model_dump() for message in pair.prompt]
            return {"prompt": prompt, "chosen": _said(pair.chosen), "rejected": _said(pair.rejected)}
        case Preference(), _:
            raise RowsError(f"{record.place}: a preference has two replies; export it as trl-preference")
        case _, "trl-preference":
            raise RowsError(f"{record.place}: a {record.form} has no rejected reply; export it as openai or trl")
        case row, _:
            return _chat_in(record, _messages(row), format)


def _chat_in(record: Record, messages: _Messages, format: Format) -> dict[str, Any]:
    if format == "openai":
        return {"messages": messages}
    if format == "trl-conversational":
        return {"prompt": messages[:-1], "completion": messages[-1:]}
    if len(messages) > 2:
        raise RowsError(
            f"{record.place}: a chat of {len(messages)} messages is no text; export it as trl-conversational"
        )
    return {"prompt": messages[0]["content"], "completion": messages[-1]["content"]}


def _messages(row: Example | Chat) -> _Messages:
    if isinstance(row, Chat):
        return [message.model_dump() for message in row.messages]
    reply = json.dumps(row.reply, ensure_ascii=False)
    return [{"role": "user", "content": row.question}, {"role": "assistant", "content": reply}]


def _said(text: str) -> _Messages:
    return [{"role": "assistant", "content": text}]


def _read(place: str, line: str) -> tuple[Form, dict[str, Any]]:
    try:
        row: Any = json.loads(line)
    except ValueError as error:
        raise RowsError(f"{place}: broken JSON ({error}); write one object on each line") from None
    match row:
        case {"messages": messages}:
            return _chat_or_example(place, messages)
        case {"prompt": prompt, "chosen": chosen, "rejected": rejected}:
            return "preference", _preference(place, prompt, chosen, rejected)
        case {"chosen": chosen, "rejected": rejected}:
            # TRL lets both carry the prompt.
            whole, other = _listed(place, chosen, "user"), _listed(place, rejected, "user")
            return "preference", _preference(place, whole[:-1], whole[-1:], other[-1:])
        case {"prompt": prompt, "completion": completion}:
            both = [*_listed(place, prompt, "user"), *_listed(place, completion, "assistant")]
            return _chat_or_example(place, both)
        case dict():
            names = ", ".join(sorted(cast("dict[str, Any]", row)))
            raise RowsError(
                f"{place}: fields {names} are of no known format; a row has messages, prompt and completion, or "
                "prompt, chosen and rejected"
            )
        case _:
            raise RowsError(f"{place}: is no object; write one object on each line")


def _preference(place: str, prompt: Any, chosen: Any, rejected: Any) -> dict[str, Any]:
    return {
        "prompt": _listed(place, prompt, "user"),
        "chosen": _listed(place, chosen, "assistant")[-1]["content"],
        "rejected": _listed(place, rejected, "assistant")[-1]["content"],
    }


def _chat_or_example(place: str, messages: Any) -> tuple[Form, dict[str, Any]]:
    """Return a chat, or the example that was exported as one: one question, and a reply with document and quote."""
    listed = _listed(place, messages, "user")
    if [message["role"] for message in listed] == ["user", "assistant"]:
        try:
            reply: Any = json.loads(listed[1]["content"])
        except ValueError:
            reply = None
        if isinstance(reply, dict) and "status" in reply:
            return "example", {"question": listed[0]["content"], "reply": reply}
    return "chat", {"messages": listed}


def _listed(place: str, said: Any, role: str) -> _Messages:
    """Return messages, of which a text is one."""
    if isinstance(said, str):
        return [{"role": role, "content": said}]
    listed: list[Any] = cast("list[Any]", said) if isinstance(said, list) else [said]
    found = [_message(place, each) for each in listed]
    if not found:
        raise RowsError(f"{place}: there are no messages; write at least one")
    return found


def _message(place: str, message: Any) -> dict[str, str]:
    match message:
        case {"role": "developer" | "system", "content": str(text)}:
            return {"role": "system", "content": text}
        case {"role": "user" | "assistant" as role, "content": str(text)}:
            return {"role": str(role), "content": text}
        case _:
            raise RowsError(
                f"{place}: a message is no role (system, user, assistant) with a text; tools and pictures are not read"
            )


def _checked(place: str, form: Form, fields: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return MODELS[form].model_validate(fields).model_dump(mode="json", by_alias=True)
    except ValidationError as error:
        raise RowsError(f"{place}: {first_fault(error, MODELS[form])}") from None


def _digest(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:12]


def lines_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield rows as lines of a file."""
    yield from (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
