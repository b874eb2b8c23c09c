"""What LiteLLM offers others for listening hears nothing of a question: callbacks, loggers, printed details, caches."""

from __future__ import annotations

import asyncio
import inspect
import logging

import pytest

from hybrid.errors import ModelError, ReplyError
from hybrid.models._remote.sdk import sdk

# LiteLLM asks every chunk for all attributes of pydantic models, deprecated ones included.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the 'model_.*' attribute on the instance is deprecated")

KEY = "sk-proj-5ecret0123456789abcdef"
SECRETS = (KEY, KEY[3:], "When are refunds paid", "within 5 working days", "9,999")
LISTS = (
    "input_callback",
    "success_callback",
    "failure_callback",
    "_async_input_callback",
    "_async_success_callback",
    "_async_failure_callback",
)


@pytest.fixture
def calls(monkeypatch):
    """Listen wherever an application can; returns the names of what was called."""
    from litellm.integrations.custom_logger import CustomLogger

    heard: list[str] = []

    def listening(name, original):
        if inspect.isasyncgenfunction(original):
            return original

        async def later(self, *args, **kwargs):
            heard.append(name)
            return await original(self, *args, **kwargs)

        def at_once(self, *args, **kwargs):
            heard.append(name)
            return original(self, *args, **kwargs)

        return later if inspect.iscoroutinefunction(original) else at_once

    hooks = {
        name: listening(name, each)
        for name, each in vars(CustomLogger).items()
        if inspect.isfunction(each) and not name.startswith("__")
    }
    listener = type("Listener", (CustomLogger,), hooks)()
    litellm = sdk()
    monkeypatch.setattr(litellm, "callbacks", [listener])
    for name in LISTS:
        monkeypatch.setattr(litellm, name, [listener, lambda *_, **__: heard.append("function")])
    return heard


@pytest.fixture
def every_log(caplog):
    """All records of all loggers, arguments included."""
    everywhere = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    before = [(logger, logger.level, logger.propagate) for logger in everywhere]
    for logger in everywhere:
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
    yield lambda: caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    for logger, level, propagate in before:
        logger.setLevel(level)
        logger.propagate = propagate


def ask(model, request):
    try:
        return "".join(str(piece) for piece in model.reply(request))
    except (ModelError, ReplyError) as error:
        return str(error)


@pytest.mark.parametrize("behaviour", ["good", "gpt-4o-mini", "garbage", "forbids", "dies", "fails-once"])
def test_no_callback_is_called(calls, remote, named, request_for, behaviour):
    model = remote(named(behaviour))
    assert ask(model, request_for())
    model.close()
    assert calls == []


def test_the_applications_own_calls_are_heard_as_ever(calls, remote, named, request_for, service):
    ask(remote(named("good")), request_for())
    message = {"role": "user", "content": "Good morning."}

    async def own_call():
        async for _ in await sdk().acompletion(model=named("good"), messages=[message], stream=True):
            pass
        await sdk().close_litellm_async_clients()

    asyncio.run(own_call())
    assert {"log_pre_api_call", "async_pre_call_deployment_hook", "function"} <= set(calls)


@pytest.mark.parametrize("behaviour", ["good", "garbage", "invents", "forbids", "dies"])
def test_no_logger_of_any_name_gets_a_document_or_the_key(
    every_log, remote, named, request_for, behaviour, capfd, monkeypatch
):
    monkeypatch.setattr(sdk(), "set_verbose", True)
    model = remote(named(behaviour))
    ask(model, request_for())
    model.close()
    told = every_log() + "".join(capfd.readouterr())
    assert [secret for secret in SECRETS if secret in told] == []


def test_no_cache_of_the_application_keeps_a_reply(remote, named, request_for, monkeypatch):
    from litellm.caching.caching import Cache

    cache = Cache()
    monkeypatch.setattr(sdk(), "cache", cache)
    assert "E1" in ask(remote(named("good")), request_for())
    assert cache.cache.cache_dict == {}


def test_nothing_is_sent_about_its_use():
    litellm = sdk()
    assert litellm.telemetry is False
    assert litellm.suppress_debug_info is True
