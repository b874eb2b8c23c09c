"""What the server turns away, and that it says so clearly, in one shape, without content."""

import json

import pytest

CHAT = "/v1/chat/completions"
SECRET = "Pelikan-4711"


def said(role, content):
    return {"messages": [{"role": role, "content": content}]}


def error(response):
    """Return the error of an answer, whose shape is the one all have."""
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == ["error"]
    found = response.json()["error"]
    assert list(found) == ["message", "type", "code", "param", "trace_id"]
    assert found["trace_id"] == response.headers["X-Trace-Id"]
    assert found["message"]
    assert "\n" not in found["message"]
    assert "Traceback" not in response.text
    return found


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 422, "JSON decode error"),
        (b'{"messages": [{"role": "user", "content": "\xff"}]}', 400, "no JSON in UTF-8"),
        (b"[" * 100_000, 400, "no JSON in UTF-8"),
        (b'{"messages": []}', 422, "messages"),
        (b"[]", 422, "valid dictionary"),
        (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', 422, "half a character"),
        (json.dumps(said("user", "  ")).encode(), 400, "question of the user"),
        (json.dumps(said("assistant", "hi")).encode(), 400, "question of the user"),
        (json.dumps(said("user", "a\0b")).encode(), 400, "control characters"),
        (json.dumps(said("user", "x" * 20_001)).encode(), 400, "20,001 characters"),
        (json.dumps(said("user", [{"type": "image_url", "image_url": {"url": "x"}}])).encode(), 422, "content"),
        (json.dumps(said("user", "hi") | {"n": 2}).encode(), 422, "n: "),
        (b"x" * 1_048_577, 413, "1,048,576 bytes"),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused(server, body, status, message):
    answer = server.client.post(CHAT, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert message in error(answer)["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/feedback", {"trace_id": "0" * 32, "rating": "up", "reason": "\ud800"}),
        ("/api/search", {"question": "\ud800"}),
        ("/api/search", {"question": "refunds", "filters": {"\ud800": 1}}),
        ("/api/search", {"question": "refunds", "filters": {"team": "\ud800"}}),
        ("/v1/embeddings", {"input": ["\ud800"]}),
        (CHAT, said("user", [{"type": "text", "text": "\ud800"}])),
        (CHAT, said("user", "When?") | {"model": "\ud800"}),
    ],
)
def test_half_a_character_is_refused_everywhere(server, path, body):
    answer = server.client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code == 422
    error(answer)


def test_a_body_without_a_length_is_no_way_round_the_limit(server):
    def endless():
        while True:
            yield b"x" * 65_536

    sent = 0

    def counted():
        nonlocal sent
        for piece in endless():
            sent += len(piece)
            if sent > 20_000_000:
                return
            yield piece

    answer = server.client.post(CHAT, content=counted(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_a_wrong_length_is_refused(server):
    answer = server.client.post(CHAT, content=b"{}", headers={"content-length": "-2"})
    assert error(answer)["code"] == "invalid_request"


def test_what_was_sent_is_not_repeated(server):
    for body in (said("nobody", SECRET), said("user", {"x": SECRET}), {"messages": SECRET}):
        answer = server.post(CHAT, body)
        assert answer.status_code == 422
        assert SECRET not in answer.text


def test_a_long_history_is_answered_from_its_end(server):
    messages = [{"role": "user", "content": f"Question {n} about pools?"} for n in range(5_000)]
    answer = server.ask("", messages=[*messages, {"role": "user", "content": "When are refunds paid?"}])
    assert answer.json()["status"] == "answered"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/v1/models", 405)])
def test_other_routes_and_methods_have_the_same_shape(server, method, path, status):
    answer = server.client.request(method, path)
    assert answer.status_code == status
    error(answer)


def test_what_nobody_expected_names_only_its_trace(server, monkeypatch, caplog):
    def breaks(*_, **__):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(server.pipeline.knowledge, "search", breaks)
    answer = server.ask("When are refunds paid?")
    assert answer.status_code == 500
    assert "trace id" in error(answer)["message"]
    (record,) = [record for record in caplog.records if record.getMessage() == "failure"]
    assert record.fields["trace_id"] == answer.headers["X-Trace-Id"]
    assert record.fields["error"] == "RuntimeError"
    assert SECRET not in json.dumps(record.fields)


def test_every_answer_has_the_headers_that_protect_a_page(server):
    for answer in (server.get("/healthz"), server.get("/nowhere"), server.get("/api/me")):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers


def test_an_invented_address_of_another_site_gets_no_access(server):
    answer = server.client.options(
        CHAT, headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    )
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers


def test_who_asks_too_often_waits(make):
    server = make(load={"per_minute": 3})
    assert [server.get("/api/me", who="ana").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = server.get("/api/me", who="ana")
    assert error(refused)["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert server.get("/api/me", who="greta").status_code == 200


def test_administration_is_for_administrators(server):
    for method, path in (("GET", "/metrics"), ("GET", "/api/sync"), ("POST", "/api/sync")):
        assert (
            error(server.client.request(method, path, headers={"Authorization": "Bearer greta"}))["code"] == "forbidden"
        )
    assert server.get("/metrics", who="ana").status_code == 200


def test_metrics_count_without_content(server):
    server.ask(f"When are refunds {SECRET} paid?", who="ana")
    server.get(f"/api/source/{SECRET}", who="ana")
    server.get(f"/{SECRET}")
    text = server.get("/metrics", who="ana").text
    assert 'hybrid_requests_total{method="POST",route="/v1/chat/completions",status="200"} 1.0' in text
    assert 'hybrid_requests_total{method="any",route="none",status="404"} 1.0' in text
    assert "hybrid_answers_total" in text
    assert SECRET not in text
    assert "docs:" not in text
    assert "ana" not in text.replace("analy", "")


def test_logs_hold_no_content(server, caplog):
    caplog.set_level("INFO", logger="hybrid.server")
    server.ask(f"When are {SECRET} refunds paid?", who="ana")
    server.get(f"/api/source/docs:{SECRET}.md", who="ana")
    lines = [record.getMessage() + json.dumps(getattr(record, "fields", {})) for record in caplog.records]
    assert any('"who": "dev:ana"' in line and '"route": "/v1/chat/completions"' in line for line in lines)
    assert not any(SECRET in line or "Refunds are paid" in line for line in lines)


def test_ready_is_not_the_same_as_alive(make):
    from hybrid.pipeline import Pipeline
    from hybrid.testing.knowledge import WordOverlapKnowledge

    empty = make(pipeline=Pipeline(knowledge=WordOverlapKnowledge([])))
    assert empty.get("/healthz").json() == {"status": "ok"}
    assert (empty.get("/readyz").status_code, make().get("/readyz").status_code) == (503, 200)
