"""The tools, called by the protocol's official client: over HTTP of a real server, and over stdio of a real command."""

import asyncio
import json
import re
import sqlite3
import sys

import httpx2
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from serving import environment, run_server

CREDIT = "What credit do we get when availability is below 99 percent?"
PORTS = "Which ports does the Heron gateway need open in the firewall?"


@pytest.fixture(scope="module")
def served(sample):
    """A development server of the sample in a process of its own."""
    server = run_server(sample, "--dev")
    yield server
    server.end()


def over_http(server, who, *calls, mode="auto"):
    """Call tools as somebody; return what came of each."""

    async def run():
        headers = {} if who is None else {"Authorization": f"Bearer {who}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(f"{server.url}/mcp", http_client=http), mode=mode) as client,
        ):
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(run())


def over_stdio(folder, options, *calls):
    """Start the command, and call tools of it; return the tools and what came of each call."""
    arguments = ["-m", "hybrid", "mcp", "--config", str(folder), *options]
    command = StdioServerParameters(command=sys.executable, args=arguments, env=environment())

    async def run():
        async with Client(stdio_client(command)) as client:
            tools = (await client.list_tools()).tools
            return tools, [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(run())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_answer_has_citations_with_document_version_and_lines(served, mode):
    (answer,) = over_http(served, "chloe", ("ask", {"question": PORTS}), mode=mode)
    found = answer.structured_content
    assert (answer.is_error, found["status"]) == (False, "answered")
    assert json.loads(answer.content[0].text) == found
    (citation, *_) = found["citations"]
    assert citation["document"].startswith("docs:")
    assert re.fullmatch("[0-9a-f]{64}", citation["version"])
    assert citation["lines"] == [9, 10]
    assert f"[{citation['marker']}]" in found["text"]


def test_people_are_told_what_they_may_read_and_no_more(served):
    calls = [("ask", {"question": CREDIT}), ("search", {"question": CREDIT, "limit": 50})]
    theirs, others = over_http(served, "chloe", *calls), over_http(served, None, *calls)
    assert "50 %" in theirs[0].structured_content["text"]
    assert "50 %" not in json.dumps([each.structured_content for each in others], ensure_ascii=False)
    readable = {each["document"] for each in theirs[1].structured_content["passages"]}
    assert readable - {each["document"] for each in others[1].structured_content["passages"]}


def test_a_follow_up_leans_on_earlier_questions(served):
    calls = [("ask", {"question": "And for the app?", "earlier": [PORTS]}), ("ask", {"question": "And for the app?"})]
    told = [each.structured_content for each in over_http(served, "chloe", *calls)]
    assert told[0] != told[1]


def test_what_is_shown_is_in_the_audit_log(served, sample):
    (found,) = over_http(served, "greta", ("search", {"question": "When does the contract end?", "limit": 3}))
    with sqlite3.connect(f"file:{sample}/.hybrid-server/server.sqlite3?mode=ro", uri=True) as records:
        rows = records.execute("SELECT document_id, version FROM shown WHERE user = 'greta' AND surface = 'search'")
        assert {(each["document"], each["version"]) for each in found.structured_content["passages"]} <= set(rows)


def test_nobody_gets_in_without_a_credential_that_is_good(served):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    with httpx2.Client() as client:
        refused = client.post(f"{served.url}/mcp", json=message, headers={**headers, "Authorization": "Bearer nobody"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "not_signed_in")
        elsewhere = client.post(f"{served.url}/mcp", json=message, headers={**headers, "Host": "evil.example"})
        assert elsewhere.status_code == 401
        assert client.get(f"{served.url}/mcp", headers=headers).status_code == 405


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ask", {}, "question: Field required"),
        ("ask", {"question": "   "}, "question: "),
        ("search", {"question": "x", "limit": 51}, "limit: "),
        ("search", {"question": "x", "as_user": "greta"}, "as_user: "),
        ("delete", {}, "there is no such tool"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(served, name, arguments, message):
    (answer,) = over_http(served, "chloe", (name, arguments))
    assert answer.is_error
    assert answer.content[0].text.startswith(message)


def test_over_stdio_one_principal_asks_whatever_the_client_says(sample):
    calls = [("ask", {"question": CREDIT}), ("search", {"question": CREDIT})]
    tools, told = over_stdio(sample, ["--user", "chloe", "--group", "customers"], *calls)
    assert [each.name for each in tools] == ["search", "ask"]
    assert all(each.annotations.read_only_hint for each in tools)
    assert "50 %" in told[0].structured_content["text"]
    assert told[1].structured_content["passages"][0]["lines"]
    # Descriptions stand in the program and are the same for everybody.
    nobody, refused = over_stdio(sample, [], *calls)
    assert nobody == tools
    assert "50 %" not in json.dumps([each.structured_content for each in refused], ensure_ascii=False)
