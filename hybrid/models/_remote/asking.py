"""What a service is sent: the prompt, the contract's schema, and as much evidence as its model can read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hybrid.answering.prompt import Message, messages
from hybrid.answering.request import ReplyRequest
from hybrid.models._remote.failures import CallFailed
from hybrid.models._remote.sdk import sdk, unlogged
from hybrid.types import Evidence

_REPLY_TOKENS = 2_048
_QUOTED_BACK = 4_000
_NEVER = 3_600.0


@dataclass(frozen=True, kw_only=True)
class Served:
    """A model and where it is."""

    name: str
    """As LiteLLM writes it: ``provider/model``."""

    api_base: str | None = None
    """Address of the service; None is where LiteLLM finds the provider."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request in the form in which one model reads it."""

    served: Served
    request: ReplyRequest
    """The evidence is what fits."""

    messages: list[Message]

    @property
    def prompt_hash(self) -> str:
        """SHA-256 (hex) of the messages as canonical JSON."""
        written = json.dumps(self.messages, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(written.encode()).hexdigest()

    def repair(self, said: str, problem: str) -> Asked:
        """Return what asks once more, after a reply that cannot be used."""
        again = f"That reply cannot be used: {problem}. Send the whole JSON object again, mended, and nothing else."
        before = [{"role": "assistant", "content": said[:_QUOTED_BACK]}] if said.strip() else []
        return replace(self, messages=[*self.messages, *before, {"role": "user", "content": again}])

    def parameters(self) -> dict[str, Any]:
        """Return the arguments of ``litellm.acompletion``."""
        style = self.request.style
        strict = _response_format(self.request) if _has_strict_mode(self.served.name) else None
        return chat_parameters(
            self.served, self.messages, temperature=style.temperature, seed=style.seed, response_format=strict
        )


def chat_parameters(
    served: Served,
    prompt: Sequence[Message],
    *,
    temperature: float = 0.0,
    seed: int | None = None,
    response_format: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the arguments of ``litellm.acompletion`` for a chat."""
    optional = {"api_base": served.api_base, "seed": seed, "response_format": response_format}
    return {
        "model": served.name,
        "messages": list(prompt),
        "temperature": temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
        # The reply's clock comes long before; one value, because LiteLLM keeps a client for each.
        "timeout": _NEVER,
        "max_retries": 0,
        "num_retries": 0,
        # Some models know no temperature or seed; the contract holds without them.
        "drop_params": True,
        # Said to LiteLLM as well as seen to: unheard.py.
        "no-log": True,
        **{name: value for name, value in optional.items() if value is not None},
    }


def asked(served: Served, request: ReplyRequest) -> Asked:
    """Return a request for one model; units that do not fit its context are left out, lowest score first.

    Raises:
        CallFailed: Not even one unit fits.
    """
    room = _room(served.name)
    whole = Asked(served=served, request=request, messages=_messages(served, request))
    # A token has at least one byte, so what is short enough in bytes need not be counted.
    if room is None or _bytes(whole.messages) <= room or _tokens(whole) <= room:
        return whole
    ranked = sorted(request.evidence, key=lambda unit: unit.score, reverse=True)
    fitting, too_many = None, len(ranked)
    least = 0
    while too_many - least > 1:
        middle = (least + too_many) // 2
        tried = _with(served, request, ranked[:middle])
        if _tokens(tried) <= room:
            fitting, least = tried, middle
        else:
            too_many = middle
    if fitting is None:
        raise CallFailed(f"question and evidence are too long for its {room:,} tokens", status=400)
    return fitting


def _with(served: Served, request: ReplyRequest, kept: list[Evidence]) -> Asked:
    fewer = replace(request, evidence=tuple(unit for unit in request.evidence if unit in kept))
    return Asked(served=served, request=fewer, messages=_messages(served, fewer))


def _messages(served: Served, request: ReplyRequest) -> list[Message]:
    system, *others = messages(request)
    if _has_strict_mode(served.name):
        return [system, *others]
    schema = json.dumps(_schema(request), ensure_ascii=False)
    told = f"{system['content']}\nReply with one JSON object and nothing around it; its JSON schema:\n{schema}"
    return [{**system, "content": told}, *others]


def _schema(request: ReplyRequest) -> dict[str, Any]:
    return request.contract.strict_schema([unit.id for unit in request.evidence])


def _response_format(request: ReplyRequest) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": _schema(request)}}


def _bytes(prompt: list[Message]) -> int:
    return sum(len(message["content"].encode()) + 16 for message in prompt)


def _tokens(tried: Asked) -> int:
    with unlogged():
        return int(sdk().token_counter(model=tried.served.name, messages=tried.messages))


@lru_cache(maxsize=64)
def _has_strict_mode(name: str) -> bool:
    with unlogged():
        return bool(sdk().supports_response_schema(model=name))


@lru_cache(maxsize=64)
def _room(name: str) -> int | None:
    """Return how many tokens of prompt a model reads, with room for its reply; None where LiteLLM does not know."""
    with unlogged():
        try:
            limit = sdk().get_model_info(name)["max_input_tokens"]
        except Exception:  # LiteLLM says so with a bare Exception
            return None
    return None if limit is None else int(limit) - min(_REPLY_TOKENS, int(limit) // 4)
