"""LiteLLM, imported when a question needs it, and kept from telling others what it is asked."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from hybrid.errors import MissingExtraError

# On DEBUG these write prompts, and with them documents; on ERROR what a service sent, which may repeat key and prompt.
_TALKATIVE = (
    "LiteLLM",
    "LiteLLM Router",
    "aiohttp.client",
    "asyncio",
    "botocore.auth",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpx",
    "openai._base_client",
    "openai._legacy_response",
    "openai._response",
)
_OWN_CALL: ContextVar[bool] = ContextVar("hybrid_remote_call", default=False)


def require_sdk() -> None:
    """Check that LiteLLM is installed, without the seconds that importing it takes.

    Raises:
        MissingExtraError: It is not.
    """
    if find_spec("litellm") is None:
        raise MissingExtraError(feature="a remote model", extra="remote")


@lru_cache(maxsize=1)
def sdk() -> Any:
    """Return LiteLLM; the first call imports it, which takes 3 to 5 seconds.

    Raises:
        MissingExtraError: It is not installed.
    """
    require_sdk()
    # Without these it fetches lists from GitHub while it is imported.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
    with warnings.catch_warnings():
        # Its pydantic models are built when first made, and warn of LiteLLM's own annotations then.
        warnings.simplefilter("ignore")
        litellm: Any = import_module("litellm")
        litellm.ModelResponseStream()
        litellm.ModelResponse()
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.disable_hf_tokenizer_download = True
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_not_of_own_calls)
    return litellm


@contextmanager
def unlogged() -> Generator[None, None, None]:
    """Keep what LiteLLM and its HTTP clients log inside, in this context and the tasks started in it, from every log.

    Their records hold prompts and what services sent. Calls that an application makes by itself are logged as ever.
    """
    token = _OWN_CALL.set(True)
    try:
        yield
    finally:
        _OWN_CALL.reset(token)


def _not_of_own_calls(record: logging.LogRecord) -> bool:
    return not _OWN_CALL.get()
