"""Every route, every person of the sample, every document of the sample: nothing leaks, not even in error texts."""

import html
import json
import logging
import tomllib

import pytest
from starlette.testclient import TestClient

from hybrid.access import permits
from hybrid.pipeline import Pipeline
from hybrid.server.app import create_app
from hybrid.server.settings import ScimSettings
from hybrid.types import ANONYMOUS, Principal

PEOPLE = [None, "ana", "ben", "chloe", "dinesh", "elif", "farid", "greta", "hugo"]
# To every route that could show something of a document, for each document and each person.
REQUESTS = 26
# So long a stretch of a document is nowhere else by chance.
_STRETCH = 40


@pytest.fixture(scope="module")
def serving(sample):
    """A server of the sample in this process, and its pipeline, which knows all documents."""
    with Pipeline.from_config(sample / "hybrid.toml") as pipeline:
        settings = pipeline.settings.server
        settings = settings.model_copy(
            update={
                "load": settings.load.model_copy(update={"per_minute": 10**6}),
                "sync_every": 0.0,
                "scim": ScimSettings(token_sha256="0" * 64),
            }
        )
        with TestClient(create_app(pipeline, settings=settings, dev=True), base_url="http://localhost") as client:
            yield client, pipeline


@pytest.fixture(scope="module")
def documents(serving):
    """Return text and access of every document, read behind the server's back."""
    _, pipeline = serving
    found = {}
    for id_ in pipeline.knowledge.document_ids():
        access, tenant = pipeline.knowledge.access(id_)
        readers = [ANONYMOUS, *(Principal(user=name) for name in PEOPLE[1:])]
        readers += [Principal(groups=frozenset([token.removeprefix("group:")])) for token in access.readers]
        text = next(d.text for r in readers if (d := pipeline.source(id_, principal=r)) is not None)
        found[id_] = (text, access)
    return found


@pytest.fixture(scope="module")
def principals(sample):
    people = tomllib.loads((sample / "hybrid.toml").read_text("utf-8"))["server"]["people"]
    assert set(people) == set(PEOPLE) - {None}
    return {None: ANONYMOUS} | {name: Principal(user=name, groups=frozenset(groups)) for name, groups in people.items()}


def stretches(text):
    """Return pieces of a text, without those that say little by themselves."""
    pieces = (text[n : n + _STRETCH] for n in range(0, len(text) - _STRETCH, _STRETCH))
    return [piece for piece in pieces if sum(character.isalpha() for character in piece) > _STRETCH // 2]


def tool(name, **arguments):
    """Return a call of one of the tools at /mcp."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    return ("POST", "/mcp", call)


def requests(id_, text):
    """Return a request of every route that could show a document, as (method, path, body)."""
    words = " ".join(text.split()[:40])
    asked = [{"role": "user", "content": words}]
    return [
        ("GET", f"/api/source/{id_}", None),
        ("GET", f"/api/source/{id_}?start=0&end=20&version={'0' * 64}", None),
        ("GET", f"/api/source/{id_}?start=99999999&end=99999999", None),
        ("POST", "/api/search", {"question": words, "limit": 50}),
        ("POST", "/v1/chat/completions", {"messages": asked}),
        ("POST", "/v1/chat/completions", {"messages": asked, "stream": True}),
        ("POST", "/api/feedback", {"trace_id": "0" * 32, "rating": "up", "reason": id_}),
        ("GET", "/metrics", None),
        ("GET", "/api/sync", None),
        ("POST", "/api/sync", None),
        ("GET", "/api/me", None),
        ("GET", "/v1/models", None),
        ("GET", "/openapi.json", None),
        tool("search", question=words, limit=50),
        tool("ask", question=words),
        ("GET", f"/scim/v2/Users?filter=userName+eq+%22{id_}%22", None),
        ("GET", "/scim/v2/Groups", None),
        ("GET", "/readyz", None),
        ("GET", "/api/review", None),
        ("GET", "/api/review?state=decided", None),
        ("POST", f"/api/review/{'0' * 32}", {"outcome": "golden", "places": [0]}),
        ("GET", "/api/review/rows", None),
        ("POST", "/api/review/rows", {"id": id_, "decision": "approved"}),
        ("GET", "/api/review/report.html", None),
        ("GET", "/api/dashboard", None),
        ("GET", f"/{id_}", None),
    ]


def kept_from(documents, may_read):
    """Return the documents that may not be read, and pieces of their text that stand in no other."""
    hidden = [id_ for id_ in documents if not may_read(id_)]
    open_text = "\n".join(text for id_, (text, _) in documents.items() if may_read(id_))
    return hidden, [piece for id_ in hidden for piece in stretches(documents[id_][0]) if piece not in open_text]


def _without_questions(shown, documents):
    for text, _ in documents.values():
        words = " ".join(text.split()[:40])
        for asked in (words, words[:160], json.dumps(words, ensure_ascii=False)[1:-1]):
            shown = shown.replace(asked, "")
    return shown


def check(client, who, kept, documents, id_):
    """Send every request about one document; return what an answer held of what may not be read, and how many came."""
    hidden, secrets = kept
    headers = {"Accept": "application/json, text/event-stream"}
    headers |= {} if who is None else {"Authorization": f"Bearer {who}"}
    leaks, asked = [], requests(id_, documents[id_][0])
    for method, path, body in asked:
        answer = client.request(method, path, json=body, headers=headers)
        is_json = "json" in answer.headers["content-type"]
        shown = json.dumps(answer.json(), ensure_ascii=False) if is_json else html.unescape(answer.text)
        shown = shown.replace("\\n", "\n")
        if path.startswith("/api/review"):
            # Reviewers read what people asked, which here are words of the documents.
            shown = _without_questions(shown, documents)
        leaks += [(who, path, found) for found in hidden if f'"{found}"' in shown]
        leaks += [(who, path, found) for found in secrets if found in shown]
        assert answer.status_code < 500
        if path.startswith("/scim"):
            assert answer.status_code == 401
        if path == "/mcp":
            assert '"isError":false' in answer.text
        if path.startswith("/api/source") and id_ in hidden:
            assert answer.status_code == 404
    return leaks, len(asked)


def matrix(serving, documents, principals, ids, caplog):
    client, _ = serving
    caplog.set_level(logging.INFO, logger="hybrid.server")
    leaks, sent = [], 0
    for who, principal in principals.items():
        kept = kept_from(documents, lambda id_, p=principal: permits(p, documents[id_][1]))
        for id_ in ids:
            found, number = check(client, who, kept, documents, id_)
            leaks, sent = leaks + found, sent + number
    logged = "\n".join(json.dumps(getattr(each, "fields", {}), ensure_ascii=False) for each in caplog.records)
    assert not [id_ for id_ in documents if id_ in logged]
    return leaks, sent


def closed(documents):
    return [id_ for id_, (_, access) in documents.items() if "public" not in access.readers or access.denied]


def test_nothing_leaks_of_a_few_documents(serving, documents, principals, caplog):
    ids = closed(documents)[::12]
    leaks, sent = matrix(serving, documents, principals, ids, caplog)
    assert leaks == []
    assert sent == len(principals) * len(ids) * REQUESTS


def test_the_matrix_can_fail(serving, documents, principals):
    """A person who is taken for somebody else is noticed."""
    client, _ = serving
    (id_, *_) = [id_ for id_, (_, access) in documents.items() if access.readers == ("group:legal",)]
    with pytest.raises(AssertionError):
        check(client, "greta", kept_from(documents, lambda other: other != id_), documents, id_)


@pytest.mark.nightly
def test_nothing_leaks_of_any_document(serving, documents, principals, caplog):
    leaks, sent = matrix(serving, documents, principals, list(documents), caplog)
    assert leaks == []
    print(f"{sent} requests by {len(principals)} people about {len(documents)} documents, no leak")
    assert sent == 9 * len(documents) * REQUESTS


def test_no_answer_says_where_on_the_disk_the_documents_lie(serving, sample, documents):
    client, _ = serving
    headers = {"Accept": "application/json, text/event-stream", "Authorization": "Bearer ana"}
    id_ = next(id_ for id_, (_, access) in documents.items() if "public" in access.readers)
    answers = [client.request(method, path, json=body, headers=headers) for method, path, body in requests(id_, id_)]
    answered = {answer.url.path: answer.text for answer in answers if answer.status_code == 200 and id_ in answer.text}
    assert len(answered) >= 3
    assert [path for path, text in answered.items() if str(sample) in text or "file://" in text] == []
