"""The mask proof: before the first step, what every row teaches is shown to be the reply and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from hybrid.answering.prompt import Message
from hybrid.errors import TrainingError
from hybrid_adapters.training._masks import IGNORED, Labelled

if TYPE_CHECKING:
    from hybrid_adapters.local._prompts import Prompts

_SHOWN_BEFORE = 160


@dataclass(frozen=True, kw_only=True)
class RowProof:
    """What was found of one row."""

    id: str
    """Id of the row."""

    tokens: int
    """Number of tokens."""

    supervised: int
    """Number of tokens that are learned."""

    ends_in_stop_token: bool
    """Whether the last token is learned and ends a reply in serving."""

    prompt_masked: bool
    """Whether nothing of the prompt is learned."""

    prompt_is_servings: bool
    """Whether the tokens before the reply are those that serving makes."""

    @property
    def holds(self) -> bool:
        """Whether the row teaches a reply and nothing else."""
        return self.supervised > 0 and self.ends_in_stop_token and self.prompt_masked and self.prompt_is_servings


@dataclass(frozen=True, kw_only=True)
class MaskProof:
    """What was found of all rows."""

    rows: tuple[RowProof, ...]
    """In order."""

    stop_tokens: tuple[int, ...]
    """Ids that end a reply in serving."""

    def to_json(self) -> str:
        """Return the text of the proof's file."""
        fields = {"holds": all(row.holds for row in self.rows), **asdict(self)}
        return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"


def prove(
    rows: Sequence[Labelled], chats: Sequence[Sequence[Message]], prompts: Prompts, stops: Collection[int]
) -> MaskProof:
    """Return the proof of rows.

    Args:
        rows: As they will be trained on.
        chats: The messages that each was made from; its prompt is made anew, as serving does.
        prompts: Serving's own.
        stops: Ids that end a reply in serving.

    Raises:
        TrainingError: A row teaches something else than its reply; the message names it and what is wrong.
    """
    found = MaskProof(
        rows=tuple(_row_proof(row, chat, prompts, stops) for row, chat in zip(rows, chats, strict=True)),
        stop_tokens=tuple(sorted(stops)),
    )
    for row in found.rows:
        if not row.holds:
            facts = {key: value for key, value in asdict(row).items() if key not in ("id", "tokens")}
            wrong = ", ".join(f"{key} = {value}" for key, value in facts.items() if not value)
            raise TrainingError(f"the mask proof fails: row {row.id!r} has {wrong}; nothing was trained")
    return found


def check_unchanged(rows: Iterable[Labelled], held: Iterable[tuple[Sequence[int], Sequence[int]]]) -> None:
    """Return if a trainer holds the proved rows, every token and label of them, as often as it was given them.

    Args:
        rows: What it was given.
        held: Tokens and labels of what it will read.

    Raises:
        TrainingError: It cut, dropped or relabelled some.
    """
    # The first label of a sequence is never used: nothing stands before it.
    given = Counter((row.tokens, row.labels[1:]) for row in rows)
    taken = Counter((tuple(tokens), tuple(labels[1:])) for tokens, labels in held)
    if given != taken:
        raise TrainingError(
            f"the trainer changed {sum((given - taken).values())} of {sum(given.values())} proved rows; nothing was "
            "trained: turn packing off, and report the versions of trl and datasets"
        )


def view(row: Labelled, tokenizer: Any, stops: Collection[int]) -> Text:
    """Return one row for people: what is only read in grey, what is learned in green, the stop token marked."""
    text = Text(f"row {row.id}: ", "bold")
    for learned, piece, ends in _spans(row, tokenizer, stops):
        if not learned:
            piece = f"... {piece[-_SHOWN_BEFORE:]}" if len(piece) > _SHOWN_BEFORE else piece
        # What a row says must not steer the terminal.
        piece = "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in piece)
        text.append(piece, "bright_black" if not learned else "black on green" if ends else "green")
    return text.append(f"  ({row.supervised} of {len(row.tokens)} tokens are learned)", "dim")


def _row_proof(row: Labelled, chat: Sequence[Message], prompts: Prompts, stops: Collection[int]) -> RowProof:
    serving = prompts.encoded(list(chat[:-1]), add_generation_prompt=True)
    replies = sum(message["role"] == "assistant" for message in chat)
    learned = [place for place, label in enumerate(row.labels) if label != IGNORED]
    return RowProof(
        id=row.id,
        tokens=len(row.tokens),
        supervised=len(learned),
        ends_in_stop_token=bool(learned) and learned[-1] == len(row.tokens) - 1 and row.tokens[-1] in stops,
        # Earlier replies of a longer chat are part of the last one's prompt, and learned.
        prompt_masked=replies > 1 or all(place >= len(serving) for place in learned),
        prompt_is_servings=row.tokens[: len(serving)] == serving,
    )


def _spans(row: Labelled, tokenizer: Any, stops: Collection[int]) -> Iterator[tuple[bool, str, bool]]:
    """Yield neighbours that are learned or not, as text; a learned stop token by itself."""
    run: list[int] = []
    learned = False
    for token, label in zip(row.tokens, row.labels, strict=True):
        ends = label != IGNORED and token in stops
        if run and (learned != (label != IGNORED) or ends):
            yield learned, tokenizer.decode(run), False
            run = []
        learned = label != IGNORED
        if ends:
            yield True, tokenizer.decode([token]), True
        else:
            run.append(token)
    if run:
        yield learned, tokenizer.decode(run), False
