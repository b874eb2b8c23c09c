"""Models behind an API, of any provider that LiteLLM's SDK knows; its proxy is not used."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hybrid.errors import ConfigError, ModelError
from hybrid.models._remote.asking import Served
from hybrid.models._remote.chatting import Chatted, chatted, require_key
from hybrid.models._remote.loop import LoopLease
from hybrid.models._remote.replying import Reply
from hybrid.models._remote.sdk import require_sdk, sdk

if TYPE_CHECKING:
    from hybrid.answering.prompt import Message
    from hybrid.answering.request import Limits, ReplyPieces, ReplyRequest
    from hybrid.config import Settings

__all__ = ["Chatted", "RemoteModel", "from_settings", "require_key"]


class RemoteModel:
    """Asks a service for replies in a contract; its text can point at evidence, and is checked like any model's.

    Keys come from the environment, where LiteLLM looks for them (``OPENAI_API_KEY``, ``ANTHROPIC_API_KEY``, ...); they
    are no argument, and stand in no message, log or ``repr``. Nothing is imported or sent before the first question,
    whose 3 to 5 seconds of import are outside the limits of the request. Any number of threads may call it.

    Args:
        name: Model as LiteLLM writes it, ``provider/model``.
        fallbacks: Models to ask in this order when the first gives no answer.
        api_base: Address of the service that has ``name``, such as a server of one's own; fallbacks are found where
            their providers are, because a key belongs to one of them.

    Raises:
        ConfigError: A name is empty.
        MissingExtraError: LiteLLM is not installed.

    Example:
        >>> from hybrid.models.remote import RemoteModel
        >>> RemoteModel("openai/gpt-4o-mini", fallbacks=("anthropic/claude-sonnet-4-5",)).name
        'remote:openai/gpt-4o-mini'
    """

    def __init__(self, name: str, *, fallbacks: Sequence[str] = (), api_base: str | None = None) -> None:
        if not all(each.strip() for each in (name, *fallbacks)):
            raise ConfigError('a remote model has no name; write model = "remote:PROVIDER/MODEL" under [answer]')
        require_sdk()
        self._chain = (Served(name=name, api_base=api_base), *(Served(name=each) for each in fallbacks))
        self._guard = threading.Lock()
        self._lease: LoopLease | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """``remote:`` and the first model's name."""
        return f"remote:{self._chain[0].name}"

    def __repr__(self) -> str:
        return f"RemoteModel({', '.join(repr(each.name) for each in self._chain)})"

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        """Yield pieces of the reply's JSON as they come, and at the end one ``ReplyEnd``.

        A call that fails for the moment (429, 5xx, a broken connection) is repeated twice, after as long as the service
        asks for; then the fallbacks are asked. A reply that breaks the contract is sent back for repair once. Whatever
        starts over after a piece was yielded says so with a ``Restart``. ``first_token`` and ``idle`` hold for each
        call, ``total`` for all of them.

        Raises:
            DeadlineError: No model replied in time.
            ModelBusyError: Too many requests, say all services.
            ModelError: No model can be asked; the message has status and class, never what a service sent.
            ReplyError: The reply breaks the contract, and so does its repair.
        """
        sdk()
        return Reply(request, self._chain, self._leased()).pieces()

    def chat(self, messages: Sequence[Message], *, limits: Limits) -> Chatted:
        """Return what the first model writes after a chat, with no contract and unchecked: for measuring.

        Raises:
            DeadlineError: It took too long.
            ModelError: It could not be asked; the message has status and class, never what the service sent.
        """
        sdk()
        return chatted(self._chain[0], messages, self._leased(), limits)

    def close(self) -> None:
        """Ask no more; the process's last remote model to be closed ends the calls that run, and the connections."""
        with self._guard:
            self._closed = True
            if self._lease is not None:
                self._lease.end()

    def _leased(self) -> LoopLease:
        with self._guard:
            if self._closed:
                raise ModelError(f"remote model {self._chain[0].name!r} is closed; make another")
            # Only now, because a thread does not survive the fork of a server's workers.
            self._lease = self._lease or LoopLease()
            return self._lease


def from_settings(settings: Settings) -> RemoteModel:
    """Return the model that ``model = "remote:NAME"`` under ``[answer]`` means, with its fallbacks.

    Raises:
        ConfigError: There is no name after ``remote:``.
        MissingExtraError: LiteLLM is not installed.
    """
    wanted = settings.answer
    _, _, name = wanted.model.partition(":")
    return RemoteModel(name, fallbacks=wanted.fallbacks, api_base=wanted.api_base)
