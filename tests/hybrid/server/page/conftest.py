"""A server of the sample in a process of its own, and a real browser that looks at its page."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from serving import ROOT, Process, environment, run_server, sample_copy, wait_for

from hybrid.server.signin.keys import new_key, save_keys

_LOUD = ("error", "warning")
_HOSTILE = """---
access: [public]
---
# The Quokka valve

The <b>Quokka</b> valve opens at 7 bar ![x](https://evil.example/x.png) <img src=x onerror=alert(1)> [99].
"""
_MORE = """
[server]
sync_every = 0

[server.load]
per_minute = 100000
"""


@dataclass(kw_only=True)
class Seen:
    """What a browser complained about."""

    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def unserved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synced copy of the sample with one more document, which tries to be more than text; for copying only."""
    folder = tmp_path_factory.mktemp("page") / "bot"
    return sample_copy(folder, documents={"docs/help/hostile.md": _HOSTILE}, more=_MORE)


@pytest.fixture(scope="module")
def bot(unserved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the development server of one file of tests serves."""
    return shutil.copytree(unserved, tmp_path_factory.mktemp("served") / "bot")


@pytest.fixture(scope="module")
def address(bot: Path) -> Iterator[str]:
    """A development server of the sample."""
    server = run_server(bot, "--dev")
    yield server.url
    server.end()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[[str], tuple[Any, Seen]]]:
    """Open the page of a server; return it and what the browser complains about."""
    opened: list[Any] = []

    def open_(address: str) -> tuple[Any, Seen]:
        page, seen = chromium.new_page(viewport={"width": 1280, "height": 800}), Seen()
        opened.append(page)
        page.set_default_timeout(60_000)
        page.on("console", lambda line: seen.complaints.append(line.text) if line.type in _LOUD else None)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("request", lambda sent: None if sent.url.startswith(address) else seen.elsewhere.append(sent.url))
        page.goto(address)
        return page, seen

    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def page(visit: Callable[[str], tuple[Any, Seen]], address: str) -> Iterator[Any]:
    """The sample's page; a complaint of the browser or a request to elsewhere fails the test that uses it."""
    opened, seen = visit(address)
    opened.get_by_label("Person").wait_for()
    yield opened
    assert seen == Seen()


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Any]:
    """A server whose model waits for a file, and its folder."""
    log = tmp_path / "log"
    command = [sys.executable, str(ROOT / "tests" / "hybrid" / "server" / "slow_server.py"), str(tmp_path)]
    with log.open("w") as written:
        process = subprocess.Popen(command, stderr=written, env=environment(), text=True)
    server = Process(process=process, log=log, url=wait_for(process, log, r"serving on (\S+)"))
    yield server
    server.end()


@pytest.fixture
def with_keys(unserved: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Address of a server of the sample that takes API keys, and visitors where the parameter says so; a key."""
    lines = f'[server]\nvisitors = {str(getattr(request, "param", False)).lower()}\napi_keys = "keys.json"\n'
    folder = tmp_path / "bot"
    shutil.copytree(unserved, folder)
    settings = folder / "hybrid.toml"
    settings.write_text(settings.read_text("utf-8").replace("[server]\n", lines), "utf-8")
    key, record = new_key("page", user="chloe", groups=("customers",))
    save_keys(folder / "keys.json", (record,))
    server = run_server(folder)
    yield server.url, key
    server.end()
