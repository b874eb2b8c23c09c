"""``hybrid serve`` in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "examples" / "support_bot"
SPEAKS = 'model = "local:hybrid-mini"\nadapter = "support-voice"'


@dataclass(kw_only=True)
class Process:
    """A running server."""

    process: subprocess.Popen[str]
    log: Path
    url: str

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def lines(self) -> list[str]:
        return self.log.read_text("utf-8").splitlines()


def environment(**more: str) -> dict[str, str]:
    roots = os.pathsep.join(str(ROOT / name) for name in ("", "connectors", "indexes", "adapters"))
    return {**os.environ, "PYTHONPATH": roots, **more}


def run_server(folder: Path, *options: str, **more: str) -> Process:
    """Start a server on a free port and wait until it serves."""
    log = folder / "server.log"
    command = [sys.executable, "-m", "hybrid", "serve", str(folder), "--port", "0", *options]
    with log.open("w") as written:
        process = subprocess.Popen(
            command, stderr=written, stdout=subprocess.DEVNULL, env=environment(**more), text=True
        )
    return Process(process=process, log=log, url=wait_for(process, log, r"serving on (\S+)"))


def wait_for(process: subprocess.Popen[str], log: Path, pattern: str) -> str:
    """Return the first group of a line that a process writes, however long that takes it."""
    while True:
        ended = process.poll() is not None
        if found := re.search(pattern, log.read_text("utf-8")):
            return found[1]
        assert not ended, log.read_text("utf-8")
        # Woken early when the process ends.
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something holds, however long that takes; the test's own limit ends it."""
    while not condition():
        time.sleep(0.02)


def sample_copy(folder: Path, *, documents: Mapping[str, str] | None = None, more: str = "") -> Path:
    """Copy the sample and sync it, with more documents by path and more settings."""
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns(".hybrid*", "adapters"))
    settings = folder / "hybrid.toml"
    # A server is under test, not the language model that the sample speaks with.
    settings.write_text(settings.read_text("utf-8").replace(SPEAKS, 'model = "extractive"') + more, "utf-8")
    for path, text in (documents or {}).items():
        (folder / path).write_text(text, "utf-8")
    subprocess.run(
        [sys.executable, "-m", "hybrid", "sync", "--config", str(folder), "--quiet"],
        env=environment(), check=True, capture_output=True,
    )  # fmt: skip
    return folder
