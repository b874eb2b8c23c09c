"""A service that behaves: what it is sent, and what comes of it."""

from __future__ import annotations

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hybrid.answering.request import Style
from hybrid.errors import ConfigError, ModelError
from hybrid.models.remote import RemoteModel

# LiteLLM asks every chunk for all attributes of pydantic models, deprecated ones included.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the 'model_.*' attribute on the instance is deprecated")

GOOD = {"status": "answered", "opening": "Here it is:", "evidence": ["E1"], "closing": "Have a good day."}


def test_a_reply_comes_in_pieces_and_ends_with_what_it_took(remote, named, heard, request_for):
    model = remote(named("good"))
    reply = heard(model.reply(request_for()))
    assert json.loads(reply.text) == GOOD
    assert reply.pieces > 5
    assert reply.end.model == model.name
    assert (reply.end.tokens.prompt, reply.end.tokens.reply) == (100, 20)
    assert reply.end.cost is None


def test_the_prompt_is_evidence_by_line_and_its_hash_is_recorded(remote, named, heard, request_for, service):
    name = named("good")
    reply = heard(remote(name).reply(request_for()))
    (asked,) = service.requests(name)
    lines = asked["messages"][-1]["content"].splitlines()
    assert [line[-len("Refunds are paid within 5 working days.") :] for line in lines if line.startswith("E1")] == [
        "Refunds are paid within 5 working days."
    ]
    written = json.dumps(asked["messages"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert reply.end.prompt_hash == hashlib.sha256(written.encode()).hexdigest()


def test_a_model_with_a_strict_mode_gets_the_schema_of_this_evidence_and_has_a_price(
    remote, heard, request_for, service
):
    reply = heard(remote("openai/gpt-4o-mini").reply(request_for()))
    asked = service.requests("openai/gpt-4o-mini")[-1]
    format_ = asked["response_format"]
    assert (format_["type"], format_["json_schema"]["strict"]) == ("json_schema", True)
    assert format_["json_schema"]["schema"] == request_for().contract.strict_schema(["E1", "E2"])
    assert reply.end.cost == pytest.approx(100 * 0.15e-6 + 20 * 0.6e-6)
    assert "JSON schema" not in asked["messages"][0]["content"]


def test_a_model_without_a_strict_mode_is_told_the_schema(remote, named, heard, request_for, service):
    name = named("good")
    heard(remote(name).reply(request_for()))
    (asked,) = service.requests(name)
    assert "response_format" not in asked
    schema = asked["messages"][0]["content"].splitlines()[-1]
    assert json.loads(schema) == request_for().contract.strict_schema(["E1", "E2"])


def test_every_schema_of_a_strict_mode_has_a_type(request_for):
    def check(schema: dict) -> None:
        assert "type" in schema or "anyOf" in schema
        for inner in (*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *(schema.get("items"),)):
            if inner is not None:
                check(inner)

    check(request_for().contract.strict_schema(["E1", "E2"]))


def test_style_reaches_the_service(remote, named, heard, request_for, service):
    name = named("good")
    heard(remote(name).reply(replace(request_for(), style=Style(temperature=0.7, seed=3))))
    (asked,) = service.requests(name)
    assert (asked["temperature"], asked["seed"]) == (0.7, 3)


def test_what_stands_around_the_object_is_left_out(remote, named, heard, request_for, service):
    name = named("fenced")
    assert json.loads(heard(remote(name).reply(request_for())).text) == GOOD
    assert len(service.requests(name)) == 1


def test_evidence_that_does_not_fit_is_left_out_by_score(remote, named, heard, request_for, service, passage):
    from hybrid.evidence import number_evidence
    from hybrid.models._remote.sdk import sdk

    name = named("good")
    sdk().register_model({name: {"max_input_tokens": 1_600, "litellm_provider": "openai", "mode": "chat"}})
    units = number_evidence([passage(" ".join(f"Sentence number {place} says little." for place in range(1, 201)))])
    scored = tuple(replace(unit, score=-float(place * 37 % 200)) for place, unit in enumerate(units))
    heard(remote(name).reply(replace(request_for(), evidence=scored)))
    (asked,) = service.requests(name)
    shown = [line.split(" ")[0] for line in asked["messages"][-1]["content"].splitlines() if "says little" in line]
    ids = json.loads(asked["messages"][0]["content"].splitlines()[-1])["properties"]["evidence"]
    kept = ids["items"]["anyOf"][0]["enum"]
    assert 2 < len(kept) < 100
    best = sorted(scored, key=lambda unit: -unit.score)[: len(kept)]
    assert kept == [unit.id for unit in scored if unit in best]
    assert shown == kept


def test_a_question_that_fits_no_context_is_named(remote, named, request_for):
    from hybrid.models._remote.sdk import sdk

    name = named("good")
    sdk().register_model({name: {"max_input_tokens": 100, "litellm_provider": "openai", "mode": "chat"}})
    with pytest.raises(ModelError, match="too long"):
        list(remote(name).reply(request_for("why " * 2_000)))


def test_any_number_of_threads_may_ask_and_share_one_loop(remote, named, heard, request_for):
    model = remote(named("good"))
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda _: heard(model.reply(request_for())), range(24)))
    assert all(json.loads(reply.text) == GOOD for reply in replies)
    assert [thread.name for thread in threading.enumerate()].count("hybrid-remote") == 1


def test_nothing_runs_before_the_first_question_and_a_closed_model_says_so(named, request_for, heard):
    before = threading.active_count()
    model = RemoteModel(named("good"))
    assert threading.active_count() == before
    pieces = model.reply(request_for())
    model.close()
    model.close()
    with pytest.raises(ModelError, match="closed"):
        next(pieces)
    with pytest.raises(ModelError, match="closed"):
        model.reply(request_for())
    again = RemoteModel(named("good"))
    assert heard(again.reply(request_for())).end
    again.close()


def test_a_model_that_nobody_holds_any_more_leaves_no_thread(named, request_for, heard):
    heard(RemoteModel(named("good")).reply(request_for()))
    assert "hybrid-remote" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("names", [("",), ("openai/x", " ")])
def test_a_model_without_a_name_is_refused(names):
    with pytest.raises(ConfigError, match="name"):
        RemoteModel(names[0], fallbacks=names[1:])
