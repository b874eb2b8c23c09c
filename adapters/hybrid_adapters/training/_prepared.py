"""Rows made ready for a trainer: read, checked against contract and prompt, labelled, and proved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hybrid.answering.assembly import contract_named
from hybrid.contract import Contract
from hybrid.errors import ConfigError, ReplyError, RowsError
from hybrid_adapters.local._prompts import Prompts
from hybrid_adapters.rows.card import DatasetCard
from hybrid_adapters.rows.form import prompt_form_hash
from hybrid_adapters.training._masks import Labelled, check_lengths, labelled_chat, labelled_text, stop_tokens
from hybrid_adapters.training._rows import ChatRow, PreferenceRow, Provenance, read_chats, read_preferences, read_texts
from hybrid_adapters.training.proof import MaskProof, prove
from hybrid_adapters.training.recipe import Recipe
from hybrid_adapters.training.seen import row_digest

if TYPE_CHECKING:
    from hybrid_adapters.local._loading import Loaded


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a recipe trains on."""

    rows: tuple[Labelled, ...]
    """Training rows; of preferences those with the better reply."""

    rejected: tuple[Labelled, ...]
    """For each of them the one with the worse reply; empty unless preferences are learned."""

    held_out: tuple[Labelled, ...]
    """Rows to measure with."""

    proof: MaskProof | None
    """What was proved of all rows; None for text, of which everything is learned."""

    provenance: Provenance
    """Where the rows come from."""

    contract: Contract[Any] | None
    """What replies look like; None for text."""

    instructions: str
    """How the voice is told to speak."""

    stops: frozenset[int]
    """Ids that end a reply."""

    version: str
    """SHA-256 (hex) of the rows' tokens and labels."""

    seen: tuple[str, ...] = ()
    """Hashes of what the training rows ask; none for text."""

    @property
    def lengths(self) -> list[int]:
        """Tokens that are read for each training row."""
        if not self.rejected:
            return [len(row.tokens) for row in self.rows]
        return [len(one.tokens) + len(two.tokens) for one, two in zip(self.rows, self.rejected, strict=True)]


def prepare(recipe: Recipe, loaded: Loaded) -> Prepared:
    """Return the rows of a recipe as its base reads them.

    Raises:
        RowsError: A row may not or cannot be trained on; the message names it.
        ConfigError: The recipe and the rows' card contradict each other.
        TrainingError: The mask proof fails.
    """
    stops = stop_tokens(loaded.tokenizer, loaded.network)
    limit = min(recipe.max_length or loaded.context, loaded.context)
    if not stops:
        raise RowsError(f"the tokenizer of {recipe.base} names no eos_token, so that no reply could end; add one")
    match recipe.method:
        case "pretrain":
            return _texts(recipe, loaded, stops, limit)
        case "dpo":
            return _preferences(recipe, loaded, stops, limit)
        case _:
            return _chats(recipe, loaded, stops, limit)


def _chats(recipe: Recipe, loaded: Loaded, stops: frozenset[int], limit: int) -> Prepared:
    rows, provenance = read_chats(recipe.rows)
    contract = contract_named(recipe.contract)
    instructions = _instructions(recipe, contract, provenance.card)
    for row in rows:
        _check_reply(row, row.messages[-1].content, contract)
    prompts = Prompts(loaded.tokenizer, loaded.context)
    labelled = [labelled_chat(row.id, row.chat, prompts, stops) for row in rows]
    check_lengths(labelled, limit)
    proof = prove(labelled, [row.chat for row in rows], prompts, stops)
    return Prepared(
        rows=tuple(each for row, each in zip(rows, labelled, strict=True) if row.split == "train"),
        rejected=(),
        held_out=tuple(each for row, each in zip(rows, labelled, strict=True) if row.split == "held-out"),
        proof=proof,
        provenance=provenance,
        contract=contract,
        instructions=instructions,
        stops=stops,
        version=_version(labelled),
        seen=tuple(row_digest(row.messages) for row in rows if row.split == "train"),
    )


def _preferences(recipe: Recipe, loaded: Loaded, stops: frozenset[int], limit: int) -> Prepared:
    rows, provenance = read_preferences(recipe.rows)
    contract = contract_named(recipe.contract)
    for row in rows:
        _check_reply(row, row.chosen, contract)
    prompts = Prompts(loaded.tokenizer, loaded.context)
    chats = [*(row.chat(row.chosen) for row in rows), *(row.chat(row.rejected) for row in rows)]
    ids = [*(row.id for row in rows), *(f"{row.id}:rejected" for row in rows)]
    labelled = [labelled_chat(id_, chat, prompts, stops) for id_, chat in zip(ids, chats, strict=True)]
    check_lengths(labelled, limit)
    proof = prove(labelled, chats, prompts, stops)
    pairs = list(zip(rows, labelled[: len(rows)], labelled[len(rows) :], strict=True))
    return Prepared(
        rows=tuple(chosen for row, chosen, _ in pairs if row.split == "train"),
        rejected=tuple(rejected for row, _, rejected in pairs if row.split == "train"),
        held_out=tuple(chosen for row, chosen, _ in pairs if row.split == "held-out"),
        proof=proof,
        provenance=provenance,
        contract=contract,
        instructions=recipe.instructions or "",
        stops=stops,
        version=_version(labelled),
        seen=tuple(row_digest(row.prompt) for row in rows if row.split == "train"),
    )


def _texts(recipe: Recipe, loaded: Loaded, stops: frozenset[int], limit: int) -> Prepared:
    rows, provenance = read_texts(recipe.rows)
    tokenizer: Any = loaded.tokenizer
    pieces = [
        (row.split, labelled_text(row.id, tokenizer(row.text, verbose=False)["input_ids"], min(stops), limit))
        for row in rows
    ]
    labelled = [piece for _, some in pieces for piece in some]
    return Prepared(
        rows=tuple(piece for split, some in pieces for piece in some if split == "train"),
        rejected=(),
        held_out=tuple(piece for split, some in pieces for piece in some if split == "held-out"),
        proof=None,
        provenance=provenance,
        contract=None,
        instructions="",
        stops=stops,
        version=_version(labelled),
    )


def _instructions(recipe: Recipe, contract: Contract[Any], card: DatasetCard | None) -> str:
    """Return what the rows were built with, after making sure that serving would write the same prompts today."""
    if card is None:
        return recipe.instructions or ""
    wanted = card.instructions if recipe.instructions is None else recipe.instructions
    if prompt_form_hash(contract, instructions=wanted, distilled=card.distilled) != card.prompt_hash:
        what = "these instructions" if wanted != card.instructions else "this version's prompt"
        raise ConfigError(
            f"{recipe.rows.name} was not built with {what} and contract {contract.name}, so that training would read "
            "other prompts than serving; run: hybrid data build"
        )
    return wanted


def _check_reply(row: ChatRow | PreferenceRow, reply: str, contract: Contract[Any]) -> None:
    if row.contract is not None and row.contract != contract.hash:
        raise RowsError(
            f"row {row.id!r} was built for another contract than {contract.name} as it is now; run: hybrid data build"
        )
    try:
        contract.parse(reply)
    except ReplyError as error:
        raise RowsError(f"row {row.id!r}: {error}; mend the reply, or name the contract that it keeps") from None


def _version(rows: Sequence[Labelled]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr((row.id, row.tokens, row.labels)).encode())
    return digest.hexdigest()
