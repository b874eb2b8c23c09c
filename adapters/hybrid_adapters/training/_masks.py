"""Rows as tokens, with a label where the model is to learn and ``IGNORED`` everywhere else.

The masks are made of the serving prompt's own tokens, not of markers in a template: no template can get them wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hybrid.answering.prompt import Message
from hybrid.errors import RowsError

if TYPE_CHECKING:
    from hybrid_adapters.local._prompts import Prompts

IGNORED = -100
"""Label of a token that is read and not learned."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One row as a model reads it."""

    id: str
    """Id of the row."""

    tokens: tuple[int, ...]
    """Token ids."""

    labels: tuple[int, ...]
    """For each token its id, or ``IGNORED``."""

    prompt: int
    """How many of the first tokens the model is asked with before its last reply; 0 for text."""

    @property
    def supervised(self) -> int:
        """Number of tokens that are learned."""
        return sum(label != IGNORED for label in self.labels)

    @property
    def learned(self) -> list[int]:
        """The ids that are learned, in their order."""
        return [label for label in self.labels if label != IGNORED]


def stop_tokens(tokenizer: Any, network: Any) -> frozenset[int]:
    """Return the ids after which serving takes a reply for ended."""
    configured: Any = getattr(getattr(network, "generation_config", None), "eos_token_id", None)
    listed: list[Any] = [configured] if configured is None or isinstance(configured, int) else [*configured]
    return frozenset(int(token) for token in (tokenizer.eos_token_id, *listed) if token is not None)


def labelled_chat(id_: str, chat: Sequence[Message], prompts: Prompts, stops: Collection[int]) -> Labelled:
    """Return a chat with every assistant message labelled, from its first token to the stop token.

    Raises:
        RowsError: The template does not write the serving prompt before a reply, or no stop token after it.
    """
    whole = prompts.encoded(list(chat), add_generation_prompt=False)
    labels = [IGNORED] * len(whole)
    start = end = 0
    for start, end in _replies(id_, chat, whole, prompts, stops):
        labels[start:end] = whole[start:end]
    # What a template writes after the last stop token is never asked for.
    return Labelled(id=id_, tokens=whole[:end], labels=tuple(labels[:end]), prompt=start)


def labelled_text(id_: str, tokens: Sequence[int], stop: int, length: int) -> list[Labelled]:
    """Return a text as rows of at most ``length`` tokens, all of them learned, with the stop token at its end."""
    whole = (*tokens, stop)
    pieces = [whole[place : place + length] for place in range(0, len(whole), length)]
    # A single token has nothing before it to be learned from.
    return [
        Labelled(id=f"{id_}#{number}", tokens=piece, labels=piece, prompt=0)
        for number, piece in enumerate(pieces)
        if len(piece) > 1
    ]


def check_lengths(rows: Sequence[Labelled], limit: int) -> None:
    """Return if every row fits.

    Raises:
        RowsError: One does not; rows are never cut, since that would take away the stop token.
    """
    long = [row for row in rows if len(row.tokens) > limit]
    if long:
        worst = max(long, key=lambda row: len(row.tokens))
        raise RowsError(
            f"row {worst.id!r} has {len(worst.tokens)} tokens and {limit} fit ({len(long)} of {len(rows)} rows are too "
            "long); build rows with less evidence, or take a base with a longer context"
        )


def _replies(
    id_: str, chat: Sequence[Message], whole: Sequence[int], prompts: Prompts, stops: Collection[int]
) -> Iterator[tuple[int, int]]:
    """Yield where each reply begins and where its stop token ends."""
    for place, message in enumerate(chat):
        if message["role"] != "assistant":
            continue
        prompt = prompts.encoded(list(chat[:place]), add_generation_prompt=True)
        closed = prompts.encoded(list(chat[: place + 1]), add_generation_prompt=False)
        if tuple(whole[: len(prompt)]) != prompt or tuple(whole[: len(closed)]) != closed:
            raise RowsError(
                f"row {id_!r}: the chat template writes message {place + 1} differently once a reply follows, so that "
                "training would read another prompt than serving; mend the template, or take another base"
            )
        yield len(prompt), _stop(id_, whole, len(prompt), len(closed), stops)


def _stop(id_: str, whole: Sequence[int], start: int, end: int, stops: Collection[int]) -> int:
    found = [place for place in range(start, end) if whole[place] in stops]
    if not found:
        raise RowsError(
            f"row {id_!r}: the chat template writes no stop token after a reply, so that the model would never learn "
            "to end; mend the template or the tokenizer's eos_token"
        )
    if found[0] == start:
        raise RowsError(f"row {id_!r}: the reply is empty; write one, or leave the row out")
    return found[0] + 1
