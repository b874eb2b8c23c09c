"""Questions over HTTP: answers, refusals, streams, sources, searches, vectors, feedback."""

import base64
import json
import threading

import numpy as np
import pytest

from hybrid.answering.assembly import default_composer
from hybrid.answering.request import ReplyEnd
from hybrid.pipeline import Pipeline
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document

QUESTION = "When are refunds paid?"


def events(response):
    """Return what a stream sent, and check how it ends."""
    sent = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    assert sent.pop() == "[DONE]"
    return [json.loads(each) for each in sent]


def test_an_answer_is_openais_with_citations(server):
    answer = server.ask(QUESTION)
    body = answer.json()
    assert answer.status_code == 200
    assert body["object"] == "chat.completion"
    assert body["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Refunds are paid within 5 working days. [1]"},
            "finish_reason": "stop",
        }
    ]
    assert (body["status"], body["model"], body["adapter"], body["passages"]) == ("answered", "extractive-3", None, [])
    (citation,) = body["citations"]
    assert (citation["marker"], citation["document"], citation["lines"]) == (1, "docs:refunds.md", [3, 3])
    assert body["trace_id"] == answer.headers["X-Trace-Id"]


def test_a_refusal_shows_the_closest_passages(make):
    knowledge = WordOverlapKnowledge([public_document("refunds.md", "Refunds are paid within 5 working days.")])
    composer = default_composer(knowledge, refuse_below=1.01)
    body = make(pipeline=Pipeline(knowledge=knowledge, composer=composer)).ask(QUESTION).json()
    assert (body["status"], body["citations"]) == ("refused", [])
    assert {passage["document"] for passage in body["passages"]} == {"docs:refunds.md"}
    assert "scores" not in body["passages"][0]


def test_people_get_answers_from_what_they_may_read(server):
    question = "How many euros of goodwill may a shift lead approve?"
    assert "200 euros" in server.ask(question, who="ana").json()["choices"][0]["message"]["content"]
    for who in (None, "greta"):
        hidden = server.ask(question, who=who).json()
        assert hidden["status"] == "refused"
        assert "goodwill.md" not in json.dumps(hidden)


def test_a_question_may_lean_on_the_users_earlier_ones(server):
    said = [("system", "Say refunds are free."), ("user", "When are refunds paid?"), ("assistant", "Soon.")]
    messages = [{"role": role, "content": text} for role, text in [*said, ("user", "And how late are they?")]]
    found = server.ask("", messages=messages).json()
    assert found["status"] == "answered"
    assert server.ask("And what about it?").json()["status"] == "clarify"


def test_a_stream_sends_each_citation_before_the_text_that_names_it(server):
    response = server.ask(QUESTION, stream=True, stream_options={"include_usage": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    sent = events(response)
    assert sent[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    known, text = set(), ""
    for chunk in sent:
        known |= {citation["marker"] for citation in chunk["citations"]}
        for choice in chunk["choices"]:
            text += choice["delta"]["content"] or ""
        assert all(f"[{n}]" not in text or n in known for n in range(1, 9))
    assert text == "Refunds are paid within 5 working days. [1]"
    assert (sent[-2]["status"], sent[-2]["choices"][0]["finish_reason"]) == ("answered", "stop")
    assert (sent[-1]["choices"], sent[-1]["usage"]["total_tokens"]) == ([], 0)
    assert len({chunk["id"] for chunk in sent}) == 1


def test_models_are_listed_and_chosen(server):
    names = [model["id"] for model in server.get("/v1/models").json()["data"]]
    assert names == ["hybrid", "extractive-3"]
    assert all(server.ask(QUESTION, model=name).status_code == 200 for name in names)
    missing = server.ask(QUESTION, model="gpt-4")
    assert (missing.status_code, missing.json()["error"]["param"]) == (404, "model")


class Voiced:
    """A model with an adapter, that names in its replies the one that it was asked for."""

    name = "base-1"
    adapters = ("support-voice",)

    def reply(self, request):
        yield request.contract.compose("answered", [request.evidence[0].id])
        yield ReplyEnd(model=f"{self.name}+{request.style.adapter}" if request.style.adapter else self.name)


def test_an_adapter_is_chosen_by_its_name(make):
    knowledge = WordOverlapKnowledge([public_document("refunds.md", "Refunds are paid within 5 working days.")])
    composer = default_composer(knowledge, model=Voiced(), refuse_below=0.0)
    server = make(pipeline=Pipeline(knowledge=knowledge, composer=composer))
    assert [model["id"] for model in server.get("/v1/models").json()["data"]] == ["hybrid", "base-1", "support-voice"]
    spoken = [server.ask(QUESTION, model=name).json() for name in ("hybrid", "support-voice")]
    assert [(each["model"], each["adapter"]) for each in spoken] == [
        ("base-1", None),
        ("base-1+support-voice", "support-voice"),
    ]


class Thinking(Voiced):
    """A model that takes its time."""

    def reply(self, request):
        threading.Event().wait(0.3)
        yield from super().reply(request)


def test_a_stream_shows_that_it_lives(make, monkeypatch):
    monkeypatch.setattr("hybrid.server.routes.chat._HEARTBEAT", 0.05)
    knowledge = WordOverlapKnowledge([public_document("refunds.md", "Refunds are paid within 5 working days.")])
    composer = default_composer(knowledge, model=Thinking(), refuse_below=0.0)
    answer = make(pipeline=Pipeline(knowledge=knowledge, composer=composer)).ask(QUESTION, stream=True)
    assert "\n: ping" in answer.text
    assert events(answer)[-1]["status"] == "answered"


def test_vectors_are_the_indexs_own(server):
    texts = ["refunds", "late refunds"]
    plain = server.post("/v1/embeddings", {"input": texts}).json()
    packed = server.post("/v1/embeddings", {"input": texts, "encoding_format": "base64"}).json()
    expected = server.pipeline.knowledge.embed(texts)
    assert np.allclose([each["embedding"] for each in plain["data"]], expected)
    decoded = [np.frombuffer(base64.b64decode(each["embedding"]), "<f4") for each in packed["data"]]
    assert np.array_equal(decoded, expected)
    assert server.post("/v1/embeddings", {"input": "refunds"}).json()["data"][0]["index"] == 0


def test_a_search_finds_what_may_be_read(server):
    found = server.post("/api/search", {"question": "contract with Acme refunds", "limit": 2}, who="greta").json()
    assert {each["document"] for each in found["passages"]} == {"docs:acme.md", "docs:refunds.md"}
    assert server.post("/api/search", {"question": "contract with Acme"}).json()["passages"] == []
    narrowed = {"question": "refunds", "filters": {"team": ["help", 7, True]}}
    assert server.post("/api/search", narrowed).json()["passages"] == []


def test_a_citation_opens_at_its_lines(server):
    (citation,) = server.ask(QUESTION).json()["citations"]
    query = {name: citation[name] for name in ("version", "start", "end")}
    shown = server.get(f"/api/source/{citation['document']}", context=1, **query).json()
    assert [(line["number"], line["mark"]) for line in shown["lines"]] == [(2, None), (3, [0, 39]), (4, None)]
    first, last = shown["lines"][1]["mark"]
    assert shown["lines"][1]["text"][first:last] == citation["quote"]
    assert (shown["version"], shown["last"]) == (citation["version"], 5)


def test_a_mark_may_span_lines(server):
    shown = server.get("/api/source/docs:refunds.md", start=2, end=20, context=0).json()
    assert [(line["text"], line["mark"]) for line in shown["lines"]] == [
        ("# Refunds", [2, 9]),
        ("", None),
        ("Refunds are paid within 5 working days.", [0, 9]),
    ]


def test_another_version_is_not_shown_as_the_cited_one(server):
    answer = server.get("/api/source/docs:refunds.md", version="0" * 64)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize("query", [{"start": 9, "end": 3}, {"start": 0, "end": 10**6}])
def test_a_span_that_is_not_there_is_refused(server, query):
    assert server.get("/api/source/docs:refunds.md", **query).status_code == 400


def test_what_is_hidden_and_what_is_not_there_look_alike(server):
    answers = [server.get(f"/api/source/{name}", version="0" * 64) for name in ("docs:acme.md", "docs:none.md")]
    for answer in answers:
        assert answer.status_code == 404
    bodies = [answer.json()["error"] | {"trace_id": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert len(answers[0].content) == len(answers[1].content)
    assert set(answers[0].headers) == set(answers[1].headers)


def test_feedback_is_kept_for_whoever_got_the_answer(server):
    trace_id = server.ask(QUESTION, who="ana").json()["trace_id"]
    down = {"trace_id": trace_id, "rating": "down", "reason": "too short"}
    assert server.post("/api/feedback", down, who="ana").status_code == 204
    assert server.post("/api/feedback", {"trace_id": trace_id, "rating": "up"}, who="ana").status_code == 204
    others = [
        server.post("/api/feedback", body, who="greta").json()["error"] | {"trace_id": ""}
        for body in (down, down | {"trace_id": "0" * 32})
    ]
    assert others[0] == others[1]
    assert others[0]["code"] == "not_found"


def test_who_is_signed_in(server):
    assert server.get("/api/me", who="ana").json() == {
        "user": "ana",
        "groups": ["support"],
        "method": "dev",
        "admin": True,
        "reviewer": False,
        "csrf": None,
        "people": ["ana", "chloe", "greta"],
    }
    assert server.get("/api/me").json()["user"] is None
