"""A service that misbehaves: each way has its end, its error, and no call or thread left behind."""

from __future__ import annotations

import json
import time

import pytest

from hybrid.answering.request import ReplyRequest
from hybrid.contract import Contract, SupportReply
from hybrid.errors import DeadlineError, ModelBusyError, ModelError, ReplyError
from hybrid.models.remote import RemoteModel

# LiteLLM asks every chunk for all attributes of pydantic models, deprecated ones included.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the 'model_.*' attribute on the instance is deprecated")

KEY = "sk-of-the-first-call"
GOOD = {"status": "answered", "opening": "Here it is:", "evidence": ["E1"], "closing": "Have a good day."}


@pytest.fixture(scope="module", autouse=True)
def _warm(service):
    """The first call of a process imports for a second or two, which is more than the limits below."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENAI_API_KEY", KEY)
        model = RemoteModel("openai/good.first", api_base=service.address)
        list(model.reply(ReplyRequest(question="?", evidence=(), contract=Contract(SupportReply))))
        model.close()


@pytest.mark.parametrize(
    ("behaviour", "limit", "limits"),
    [
        ("mute", "first_token", {"first_token": 0.4}),
        ("silent", "first_token", {"first_token": 0.4}),
        ("stalls", "idle", {"idle": 0.4}),
        ("drips", "total", {"total": 0.8, "idle": None, "first_token": None}),
    ],
)
def test_a_deadline_ends_the_call_and_closes_the_connection(
    remote, named, heard, request_for, service, behaviour, limit, limits
):
    before = service.broken_off
    with pytest.raises(DeadlineError, match=limit):
        heard(remote(named(behaviour)).reply(request_for(**limits)))
    _wait_until(lambda: service.broken_off > before)


def test_a_reply_that_nobody_hears_any_more_is_broken_off(remote, named, request_for, service):
    before = service.broken_off
    pieces = remote(named("stalls")).reply(request_for())
    assert next(pieces).startswith("{")
    pieces.close()
    _wait_until(lambda: service.broken_off > before)


def test_closing_the_model_ends_a_call_that_runs(remote, named, request_for):
    model = remote(named("stalls"))
    pieces = model.reply(request_for())
    next(pieces)
    model.close()
    with pytest.raises(ModelError):
        list(pieces)


@pytest.mark.parametrize("behaviour", ["busy-once", "fails-once", "dies-once"])
def test_what_passes_is_tried_again(remote, named, heard, request_for, service, behaviour):
    name = named(behaviour)
    reply = heard(remote(name).reply(request_for()))
    assert json.loads(reply.text) == GOOD
    assert len(service.requests(name)) == 2
    assert reply.restarts == (1 if behaviour == "dies-once" else 0)


@pytest.mark.parametrize("behaviour", ["garbage-once", "unknown-ids-once", "dies-quietly-once"])
def test_a_reply_that_breaks_the_contract_is_sent_back_once(remote, named, heard, request_for, service, behaviour):
    name = named(behaviour)
    reply = heard(remote(name).reply(request_for()))
    assert json.loads(reply.text) == GOOD
    assert reply.end
    first, second = service.requests(name)
    said, wanted = second["messages"][len(first["messages"]) :]
    assert (said["role"], wanted["role"]) == ("assistant", "user")
    assert "cannot be used" in wanted["content"]
    if behaviour != "dies-quietly-once":
        assert reply.end.tokens.prompt == 200


@pytest.mark.parametrize("behaviour", ["truncates", "garbage", "dies-quietly", "invents-quotes", "giant", "empty"])
def test_a_reply_that_stays_broken_is_an_error_after_two_calls(remote, named, request_for, service, behaviour):
    name = named(behaviour)
    pieces = []
    with pytest.raises(ReplyError) as raised:
        pieces.extend(remote(name).reply(request_for()))
    assert len(service.requests(name)) == 2
    assert "9,999" not in str(raised.value)


def test_a_giant_reply_is_cut_off(remote, named, request_for, service):
    before, pieces = service.broken_off, []
    with pytest.raises(ReplyError):
        pieces.extend(remote(named("giant")).reply(request_for()))
    assert 100_000 < sum(len(piece) for piece in pieces if isinstance(piece, str)) < 220_000
    _wait_until(lambda: service.broken_off >= before + 2)


def test_ids_that_stay_unknown_are_left_to_the_checks_of_every_answer(remote, named, heard, request_for, service):
    name = named("unknown-ids")
    assert json.loads(heard(remote(name).reply(request_for())).text)["evidence"] == ["E99"]
    assert len(service.requests(name)) == 2


@pytest.mark.parametrize(
    ("behaviour", "calls"), [("busy", 1), ("fails", 3), ("forbids", 1), ("mute", 1), ("stalls", 1), ("dies", 3)]
)
def test_another_model_is_asked_when_the_first_gives_no_answer(
    remote, named, heard, request_for, service, behaviour, calls
):
    first, second = named(behaviour), named("good")
    reply = heard(remote(first, named("forbids"), second).reply(request_for(first_token=0.5, idle=0.5)))
    assert json.loads(reply.text) == GOOD
    assert reply.end.model == f"remote:{second}"
    assert len(service.requests(first)) == calls
    assert reply.restarts == {"stalls": 1, "dies": 3}.get(behaviour, 0)


@pytest.mark.parametrize(
    ("behaviour", "error", "words"),
    [
        ("busy", ModelBusyError, "429 RateLimitError"),
        ("fails", ModelError, "500 InternalServerError"),
        ("forbids", ModelError, "401 AuthenticationError"),
        ("dies", ModelError, "500"),
    ],
)
def test_without_another_model_the_error_names_status_and_class(remote, named, request_for, behaviour, error, words):
    name = named(behaviour)
    with pytest.raises(error, match=words) as raised:
        list(remote(name).reply(request_for()))
    assert name in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_service_that_is_not_there(remote, named, request_for, monkeypatch):
    monkeypatch.setenv("OPENAI_API_BASE", "http://127.0.0.1:9/v1")
    with pytest.raises(ModelError, match="gives no answer"):
        list(remote(named("good")).reply(request_for()))


def test_a_provider_that_nobody_knows(remote, request_for):
    with pytest.raises(ModelError, match="400"):
        list(remote("nobody-knows-this").reply(request_for()))


def test_total_holds_for_all_models_together(remote, named, request_for, service):
    names = [named("drips") for _ in range(4)]
    with pytest.raises(DeadlineError, match="total"):
        list(remote(*names).reply(request_for(total=0.7)))
    assert [len(service.requests(name)) for name in names] == [1, 0, 0, 0]


def _wait_until(condition) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to that")
