"""The arm that asks a remote model: the same prompt and examples, on somebody else's machine."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from hybrid.answering.prompt import Message
from hybrid.answering.request import Limits
from hybrid.contract import Contract
from hybrid.models.remote import RemoteModel
from hybrid_adapters.evaluation.scoring import keeps_contract
from hybrid_adapters.evaluation.written import Written

_PATIENT = Limits(first_token=120.0, idle=120.0, total=300.0)


class RemoteWriter:
    """Asks a remote model, which is told the contract's schema.

    The JSON object that it writes first says whether it keeps the contract by itself; what stands around it counts as
    little as in serving. Where it breaks the contract, it is asked once more, as there.

    Args:
        model: The model; whoever made it closes it.
        contract: What replies look like.
    """

    def __init__(self, model: RemoteModel, contract: Contract[Any]) -> None:
        self._model = model
        self._contract = contract

    @property
    def name(self) -> str:
        """``remote:`` and the model's name."""
        return self._model.name

    def write(self, chat: list[Message], ids: Sequence[str], voice: str | None, reference: str) -> Written:
        """Return what the model writes after a chat; see ``Writer``."""
        asked = self._with_schema(chat, ids)
        started = time.perf_counter()
        first = self._model.chat(asked, limits=_PATIENT)
        valid = keeps_contract(first.json, self._contract, frozenset(ids))
        said = [first]
        if not valid:
            again = "That is not one JSON object that the schema admits. Send it again, mended, and nothing around it."
            before: list[Message] = [{"role": "assistant", "content": first.text}] if first.text.strip() else []
            turn: Message = {"role": "user", "content": again}
            said.append(self._model.chat([*asked, *before, turn], limits=_PATIENT))
        kept = keeps_contract(said[-1].json, self._contract, frozenset(ids))
        costs = [each.cost for each in said if each.cost is not None]
        return Written(
            raw=first.text,
            reply=said[-1].json if kept else "",
            valid=valid,
            seconds=time.perf_counter() - started,
            tokens=sum(each.tokens.reply for each in said if each.tokens is not None),
            cost=sum(costs) if len(costs) == len(said) else None,
        )

    def _with_schema(self, chat: list[Message], ids: Sequence[str]) -> list[Message]:
        schema = json.dumps(self._contract.strict_schema(list(ids)), ensure_ascii=False)
        told = f"Reply with one JSON object and nothing around it; its JSON schema:\n{schema}"
        if chat[0]["role"] == "system":
            return [{"role": "system", "content": f"{chat[0]['content']}\n{told}"}, *chat[1:]]
        return [{"role": "system", "content": told}, *chat]
