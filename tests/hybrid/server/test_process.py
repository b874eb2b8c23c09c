"""A real server in a process of its own: what it does at start and stop, under load, and when clients behave badly."""

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from serving import Process, environment, wait_for

from hybrid._cli.main import run
from hybrid.errors import ConfigError
from hybrid.server.running import bound

CHAT = "/v1/chat/completions"
BODY = {"messages": [{"role": "user", "content": "When are refunds paid?"}]}


@pytest.fixture
def slow(tmp_path):
    """A server with one worker and no queue, whose model waits for the file ``go``."""
    log = tmp_path / "log"
    command = [sys.executable, str(Path(__file__).with_name("slow_server.py")), str(tmp_path)]
    with log.open("w") as written:
        process = subprocess.Popen(command, stderr=written, env=environment(), text=True)
    server = Process(process=process, log=log, url=wait_for(process, log, r"serving on (\S+)"))
    yield server
    server.end()


def exists(path):
    """Wait until a file exists."""
    for _ in range(3_000):
        if path.exists():
            break
        time.sleep(0.01)
    path.unlink()


def connected(server):
    """Return a raw connection."""
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def request(body, *, length=None, stream=False):
    content = json.dumps(body | {"stream": stream}).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {length or len(content)}\r\n\r\n".encode() + content


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_frees_its_slot_and_ends_the_model(slow, tmp_path, stream):
    with httpx2.Client(base_url=slow.url, timeout=30) as client:
        for _ in range(3):
            with connected(slow) as connection:
                connection.sendall(request(BODY, stream=stream))
                exists(tmp_path / "started")
                refused = client.post(CHAT, json=BODY)
                assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
            exists(tmp_path / "ended")
        (tmp_path / "go").touch()
        while (answer := client.post(CHAT, json=BODY)).status_code == 503:
            time.sleep(0.01)
        assert answer.json()["status"] == "answered"


def test_a_slow_body_takes_no_slot_and_is_ended(slow, tmp_path):
    (tmp_path / "go").touch()
    with connected(slow) as connection, httpx2.Client(base_url=slow.url, timeout=30) as client:
        connection.sendall(request(BODY, length=500))
        assert client.post(CHAT, json=BODY).status_code == 200
        assert b" 408 " in connection.recv(65_536)


LONG = {"messages": [{"role": "user", "content": "When are refunds paid?"}] * 5_000}


def raw(content, *headers, length=None):
    """Return a request that no client of HTTP would send."""
    head = [f"POST {CHAT} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers]
    return "\r\n".join([*head, f"Content-Length: {length or len(content)}", "", ""]).encode("latin-1") + content


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (raw(b'{"messages": ['), 422),
        (raw(b'{"messages": [{"role": "user", "content": "\xff\xfe"}]}'), 400),
        (raw(b"[" * 200_000), 400),
        (raw(b"x" * 1_100_000, length=10_000_000), 413),
        (raw(b"x" * 10_000_000), 413),
        (raw(b"", "Transfer-Encoding: chunked"), 408),
        (f"POST {CHAT} HTTP/1.1\r\nX-Long: ".encode() + b"x" * 1_000_000, 400),
        (f"POST {CHAT} HTTP/1.1\r\n".encode() + b"X-1: 1\r\n" * 100_000, 400),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
        (b"\x16\x03\x01 no http at all\r\n\r\n", 400),
        (b"\0" * 100_000, 400),
        (raw(json.dumps(LONG).encode()), 200),
    ],
    ids=[
        "malformed", "no utf-8", "nested", "10 MB said", "10 MB sent", "two lengths", "endless header",
        "endless headers", "no header", "tls", "zeros", "huge history",
    ],
)  # fmt: skip
def test_a_bad_client_is_refused_and_holds_nothing(slow, tmp_path, sent, status):
    (tmp_path / "go").touch()
    with connected(slow) as connection, httpx2.Client(base_url=slow.url, timeout=30) as client:
        # What is refused before it has arrived may find its connection closed while it sends.
        with suppress(ConnectionError):
            connection.sendall(sent)
        with suppress(ConnectionError):
            said = connection.recv(65_536)
            assert not said or said.startswith(f"HTTP/1.1 {status} ".encode()), said[:200]
            assert b"Traceback" not in said
        # The only slot is free, and there is no queue in which this could wait.
        assert client.post(CHAT, json=BODY).status_code == 200
    assert slow.process.poll() is None


def test_clients_that_never_come_to_an_end_hold_no_slot(slow, tmp_path):
    (tmp_path / "go").touch()
    half = [raw(b"{", length=100), f"POST {CHAT} HTTP/1.1\r\nHost: local".encode(), b""]
    with ExitStack() as opened, httpx2.Client(base_url=slow.url, timeout=30) as client:
        for number in range(150):
            opened.enter_context(connected(slow)).sendall(half[number % 3])
        for _ in range(3):
            assert client.post(CHAT, json=BODY).status_code == 200


def test_a_server_that_answers_still_stops_in_time(slow, tmp_path):
    with connected(slow) as connection:
        connection.sendall(request(BODY, stream=True))
        exists(tmp_path / "started")
        assert slow.end() == 0


def test_the_sample_serves_and_stops_without_leaving_the_index_locked(sample, process):
    for sign in (signal.SIGTERM, signal.SIGINT):
        server = process(sample, "--dev")
        with httpx2.Client(base_url=server.url, timeout=60) as client:
            assert client.get("/readyz").status_code == 200
            body = {"messages": [{"role": "user", "content": "What does the Paddle plan cost per month?"}]}
            answer = client.post(CHAT, json=body).json()
            assert "€39" in answer["choices"][0]["message"]["content"]
        assert server.end(sign) == 0
        assert "DEVELOPMENT MODE" in server.log.read_text()
        logged = [json.loads(line) for line in server.lines() if line.startswith("{")]
        assert any(line["event"] == "request" and line["trace_id"] == answer["trace_id"] for line in logged)
        assert not any("Paddle" in line for line in server.lines())


def test_a_killed_server_starts_again(sample, process):
    server = process(sample, "--dev")
    httpx2.post(f"{server.url}{CHAT}", json=BODY, timeout=60)
    assert server.end(signal.SIGKILL) == -signal.SIGKILL
    again = process(sample, "--dev")
    assert httpx2.get(f"{again.url}/readyz", timeout=60).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_development_mode_is_for_this_machine_only(host):
    with pytest.raises(ConfigError, match="believes everybody"):
        bound(host, 0, dev=True)


def test_an_address_that_cannot_be_used_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="pass another --port"):
            bound("127.0.0.1", taken.getsockname()[1], dev=False)
    with pytest.raises(ConfigError, match="no address of this machine"):
        bound("no.such.host.invalid", 0, dev=False)


def test_a_server_that_nobody_could_sign_in_to_does_not_start(sample, capfd):
    assert run(["serve", str(sample), "--port", "0"]) == 2
    assert "nobody could sign in" in capfd.readouterr().err


def test_a_second_server_says_that_the_index_is_held(sample, process, capfd):
    process(sample, "--dev")
    assert run(["serve", str(sample), "--dev", "--port", "0"]) == 2
    assert "index" in capfd.readouterr().err
