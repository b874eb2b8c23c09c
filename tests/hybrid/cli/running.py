"""A small knowledge base, and two ways to run a command on it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybrid._cli.main import run

ROOT = Path(__file__).parents[3]

DOCUMENTS = {
    "refunds.md": "# Refunds\n\nRefunds are paid within 5 working days.\n\n## Late refunds\n\nLate ones by cheque.\n",
    "plans.md": "---\nteam: sales\nyear: 2026\n---\n# Plans\n\nThe basic plan costs ten euros a month.\n",
    "legal/contract.md": '---\naccess: ["group:legal"]\n---\n# Acme\n\nThe contract with Acme ends in May 2027.\n',
}

CONFIGURATION = """\
[[sources]]
type = "folder"
name = "docs"
path = "docs"
default_readers = ["public"]
"""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line of an expected failure."""
        assert self.code in (1, 2), self
        assert "Traceback" not in self.err
        (line,) = [line for line in self.err.splitlines() if line.startswith("error: ")]
        return line.removeprefix("error: ")


class Command:
    """Runs a command in this process."""

    def __init__(self, capture: Any) -> None:
        self._capture = capture

    def __call__(self, *arguments: object) -> Finished:
        self._capture.readouterr()
        code = run([str(argument) for argument in arguments])
        sys.stderr.flush()
        out, err = self._capture.readouterr()
        return Finished(code=code, out=out, err=err)


def command_line(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "hybrid", *(str(argument) for argument in arguments)]


def environment(*, first: Path | None = None, **more: str) -> dict[str, str]:
    """Return variables for a process that runs this checkout, after a folder of the test's own if there is one."""
    roots = [
        *([str(first)] if first else []),
        *(str(ROOT / name) for name in ("", "connectors", "indexes", "adapters")),
    ]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(roots), **more}


def run_process(*arguments: object, **more: str) -> Finished:
    """Run a command in a process of its own, with further environment variables."""
    done = subprocess.run(
        command_line(*arguments), capture_output=True, text=True, env=environment(**more), check=False
    )
    return Finished(code=done.returncode, out=done.stdout, err=done.stderr)


def write_project(folder: Path, documents: dict[str, str]) -> None:
    (folder / "hybrid.toml").write_text(CONFIGURATION)
    write_documents(folder / "docs", documents)


def write_documents(folder: Path, documents: dict[str, str]) -> None:
    for path, text in documents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
