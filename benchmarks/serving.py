"""The server of the sample: answers alone and under load, what is turned away, how it stops and comes back."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2

from benchmarks.data import REPOSITORY
from benchmarks.rows import Outcome, Row, at_most
from benchmarks.timing import percentile
from hybrid.server.audit import Wanted, shown_lines

_SAMPLE = REPOSITORY / "examples" / "support_bot"
_SPEAKS = 'model = "local:hybrid-mini"\nadapter = "support-voice"'
_CHAT = "/v1/chat/completions"
_CLIENTS = 50
_WAITS = (5.0, 0.5)
"""Seconds that a request may wait: as is usual, and so few that many are turned away."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    url: str
    started: float

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found
        return int(found[1]) / 1024


def serving(*, quick: bool) -> Outcome:
    """Return times of answers, counts under load, and times of stopping and starting."""
    with tempfile.TemporaryDirectory() as place:
        folder = sample_folder(Path(place) / "bot")
        questions = _questions()
        seconds = 5.0 if quick else 60.0
        with running_server(folder) as server:
            rows = [_first_answer(server)]
            alone = _alone(server, questions, 20 if quick else 200)
            rows += alone
            rows += asyncio.run(_loaded(server, questions, alone[0].figure / 1000, seconds, _WAITS[0]))
            rows.append(_disconnected(server, questions, 5 if quick else 50))
            rows.append(_stopped(server, signal.SIGTERM, "stop on SIGTERM", 10.0))
        _configure(folder, _WAITS[1])
        with running_server(folder) as server:
            alone = _alone(server, questions, 20 if quick else 100)
            rows += asyncio.run(_loaded(server, questions, alone[0].figure / 1000, seconds / 2, _WAITS[1]))
        _configure(folder, _WAITS[0])
        rows += _killed(folder, questions, 2 if quick else 10)
    return Outcome(
        rows=tuple(rows),
        setting={
            "server": "hybrid serve --dev, extractive model, the sample's documents",
            "load": f"{_CLIENTS} clients in this process, each asking again at once, after a 503 when it is told to; a "
            f"request may wait for {' or '.join(f'{wait:g}' for wait in _WAITS)} s",
            "first streamed byte": "of the event that opens the stream; the first text is what a person sees of it",
        },
    )


def sample_folder(folder: Path) -> Path:
    shutil.copytree(_SAMPLE, folder, ignore=shutil.ignore_patterns(".hybrid*", "adapters"))
    _configure(folder, _WAITS[0])
    subprocess.run(
        [sys.executable, "-m", "hybrid", "sync", "--config", folder],
        check=True,
        capture_output=True,
        env=_environment(),
    )
    return folder


def _configure(folder: Path, wait: float) -> None:
    settings = (_SAMPLE / "hybrid.toml").read_text("utf-8").replace(_SPEAKS, 'model = "extractive"')
    settings += f"\n[server.load]\nper_minute = 1000000\nwait = {wait}\n"
    (folder / "hybrid.toml").write_text(settings, "utf-8")


def _questions() -> list[str]:
    lines = (_SAMPLE / "golden.jsonl").read_text("utf-8").splitlines()
    return [row["question"] for row in map(json.loads, lines) if not row["as"]["groups"]]


def _environment() -> dict[str, str]:
    paths = (REPOSITORY, *(REPOSITORY / root for root in ("connectors", "indexes", "adapters")))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    started, log = time.perf_counter(), folder / "log"
    command = [sys.executable, "-m", "hybrid", "serve", str(folder), "--dev", "--port", "0"]
    with log.open("wb") as written:
        process = subprocess.Popen(command, stderr=written, env=_environment())
    try:
        _wait(lambda: "serving on" in log.read_text("utf-8") or process.poll() is not None)
        found = re.search(r"serving on (\S+)", log.read_text("utf-8"))
        assert found, log.read_text("utf-8")
        yield Server(process=process, url=found[1], started=started)
    finally:
        process.kill()
        process.wait()


def _wait(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.005)


def _body(question: str, *, stream: bool = False) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}], "stream": stream}


def _first_answer(server: Server) -> Row:
    answer = httpx2.post(f"{server.url}{_CHAT}", json=_body("How do I calibrate pH?"), timeout=60)
    answer.raise_for_status()
    seconds = time.perf_counter() - server.started
    return Row(name="start of the process to its first answer", figure=seconds, unit="s", n=1, target=at_most(10))


def _alone(server: Server, questions: list[str], n: int) -> list[Row]:
    whole, first, text = [], [], []
    with httpx2.Client(base_url=server.url, timeout=60) as client:
        for number in range(n):
            question, began = questions[number % len(questions)], time.perf_counter()
            client.post(_CHAT, json=_body(question)).raise_for_status()
            whole.append(time.perf_counter() - began)
            began = time.perf_counter()
            with client.stream("POST", _CHAT, json=_body(question, stream=True)) as answer:
                lines = answer.iter_lines()
                next(lines)
                first.append(time.perf_counter() - began)
                text += [time.perf_counter() - began for line in lines if '"content":"' in line][:1]
    return [
        Row(name="answer, one client, p50", figure=1000 * percentile(whole, 50), unit="ms", n=n),
        Row(name="first streamed byte, p50", figure=1000 * percentile(first, 50), unit="ms", n=n),
        Row(name="first streamed text, p50", figure=1000 * percentile(text, 50), unit="ms", n=n, target=at_most(150)),
    ]


async def _loaded(server: Server, questions: list[str], alone: float, seconds: float, wait: float) -> list[Row]:
    statuses: Counter[int | str] = Counter()
    admitted: list[float] = []
    before, until = server.megabytes, time.perf_counter() + seconds
    halfway: list[float] = []

    async def client(number: int, http: httpx2.AsyncClient) -> None:
        while time.perf_counter() < until:
            number, began = number + 1, time.perf_counter()
            try:
                answer = await http.post(_CHAT, json=_body(questions[number % len(questions)]))
            except httpx2.HTTPError as error:
                statuses[type(error).__name__] += 1
                continue
            statuses[answer.status_code] += 1
            if answer.status_code == 200:
                admitted.append(time.perf_counter() - began)
            else:
                await asyncio.sleep(float(answer.headers["Retry-After"]))

    async def watch() -> None:
        await asyncio.sleep(seconds / 2)
        halfway.append(server.megabytes)

    limits = httpx2.Limits(max_connections=_CLIENTS)
    async with httpx2.AsyncClient(base_url=server.url, timeout=60, limits=limits) as http:
        await asyncio.gather(watch(), *(client(7 * number, http) for number in range(_CLIENTS)))
    honest = statuses[200] + statuses[503] + statuses[429]
    n = sum(statuses.values())
    load = f"under load, wait {wait:g} s"
    admitted_by = at_most(1000 * (2 * alone + wait))
    middle, last = (1000 * percentile(admitted, part) for part in (50, 99))
    return [
        Row(name=f"{load}, answers", figure=statuses[200] / seconds, unit="1/s", n=n),
        Row(name=f"{load}, turned away with 503", figure=statuses[503] / n, unit="share", n=n),
        Row(name=f"{load}, errors", figure=n - honest, unit="requests", n=n, target=at_most(0)),
        Row(name=f"{load}, admitted, p50", figure=middle, unit="ms", n=len(admitted)),
        Row(name=f"{load}, admitted, p99", figure=last, unit="ms", n=len(admitted), target=admitted_by),
        Row(name=f"{load}, memory, start to middle", figure=halfway[0] - before, unit="MiB", n=1),
        Row(
            name=f"{load}, memory, middle to end",
            figure=server.megabytes - halfway[0],
            unit="MiB",
            n=1,
            target=at_most(10),
        ),
    ]


def _disconnected(server: Server, questions: list[str], n: int) -> Row:
    """Return how long after its client has gone a slot is still held, by what the server says of itself."""
    taken = []
    with httpx2.Client(base_url=server.url, timeout=60) as client:
        for number in range(n):
            with client.stream("POST", _CHAT, json=_body(questions[number % len(questions)], stream=True)) as answer:
                next(answer.iter_lines())
            began = time.perf_counter()
            client.post("/api/search", json={"question": "pool", "limit": 1}).raise_for_status()
            taken.append(time.perf_counter() - began)
    return Row(name="client gone to next answer, p99", figure=percentile(taken, 99), unit="s", n=n, target=at_most(1))


def _stopped(server: Server, sign: signal.Signals, name: str, most: float) -> Row:
    began = time.perf_counter()
    server.process.send_signal(sign)
    server.process.wait()
    return Row(name=name, figure=time.perf_counter() - began, unit="s", n=1, target=at_most(most))


def _killed(folder: Path, questions: list[str], n: int) -> list[Row]:
    """Kill servers that answer and sync; return how long the next one takes to be ready, and what it has lost."""
    seconds: list[float] = []
    answered: list[str] = []
    for kill in range(n):
        with running_server(folder) as server:
            for page in (folder / "docs" / "help").glob("*.md"):
                page.write_text(page.read_text("utf-8") + f"\nOne more line: {kill}.\n", "utf-8")
            # The sync that begins with the server is at it by now, or has just ended.
            asking = [Thread(target=_ask_on, args=(server.url, questions[n::4], answered)) for n in range(4)]
            for thread in asking:
                thread.start()
            already = len(answered)
            _wait(lambda already=already: len(answered) > already)
            time.sleep(0.1 * kill)
            server.process.kill()
            server.process.wait()
            for thread in asking:
                thread.join()
        with running_server(folder) as again:
            _wait(lambda url=again.url: httpx2.get(f"{url}/readyz", timeout=60).status_code == 200)
            seconds.append(time.perf_counter() - again.started)
    shown = {line["trace_id"] for line in shown_lines(folder / ".hybrid-server", Wanted())}
    name = "start after kill -9 to ready"
    return [
        Row(name=f"{name}, p50", figure=percentile(seconds, 50), unit="s", n=n, target=at_most(5)),
        Row(name=f"{name}, longest", figure=max(seconds), unit="s", n=n, target=at_most(5)),
        Row(
            name="answers sent before a kill and not in the audit log",
            figure=len(set(answered) - shown),
            unit="answers",
            n=len(answered),
            target=at_most(0),
        ),
    ]


def _ask_on(url: str, questions: list[str], answered: list[str]) -> None:
    with httpx2.Client(base_url=url, timeout=60) as client, suppress(httpx2.HTTPError):
        while True:
            for question in questions:
                answer = client.post(_CHAT, json=_body(question)).json()
                if answer.get("passages") or answer.get("citations"):
                    answered.append(answer["trace_id"])
