"""A completion of which none of the application's LiteLLM callbacks hears.

An application may have callbacks of its own in LiteLLM (``litellm.callbacks``, ``success_callback``, ``input_callback``
and others) that send what they get to a service. ``no-log`` keeps only some of them away: those that run before a
request is sent get the prompt, and with it the documents (seen with LiteLLM 1.106.2). They are LiteLLM's global state,
so they cannot be set aside for one call without being missing from another.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from inspect import unwrap
from typing import Any

from hybrid.models._remote.sdk import sdk

_EVENTS = ("pre_call", "post_call", "success_handler", "failure_handler")
_LATER_EVENTS = (
    "async_success_handler",
    "async_failure_handler",
    "dispatch_success_handlers",
    "dispatch_failure_handlers",
)


async def unheard_completion(parameters: Mapping[str, Any]) -> Any:
    """Return the stream of chunks that ``litellm.acompletion`` gives for its parameters."""
    # The decorator around it is what runs the callbacks that may change a request; the rest goes through the record.
    complete = unwrap(sdk().acompletion)
    stream = await complete(**parameters, litellm_logging_obj=_record(parameters))
    # Looked up at the first chunk, unless it is known that there are none.
    stream._post_streaming_hooks = []
    return stream


def _record(parameters: Mapping[str, Any]) -> Any:
    """Return what LiteLLM reports the stages of a call to."""
    return _silent_logging()(
        model=parameters["model"],
        messages=[],
        stream=True,
        call_type="acompletion",
        start_time=datetime.now(),
        litellm_call_id=str(uuid.uuid4()),
        function_id="",
    )


@lru_cache(maxsize=1)
def _silent_logging() -> type[Any]:
    base: Any = import_module("litellm.litellm_core_utils.litellm_logging").Logging
    silenced = dict.fromkeys(_EVENTS, _nothing) | dict.fromkeys(_LATER_EVENTS, _nothing_later)
    # Such a hook may put the application's own prompt in the place of this one.
    return type("SilentLogging", (base,), {**silenced, "should_run_prompt_management_hooks": _nothing})


def _nothing(*_: object, **__: object) -> None:
    """Tell nobody."""


async def _nothing_later(*_: object, **__: object) -> None:
    """Tell nobody."""
