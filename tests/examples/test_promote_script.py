"""The sample's promote.sh: the newest version of each adapter, with its contract, whatever becomes of the others."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "examples" / "support_bot"
NAMES = ("support-voice", "formal-voice", "ticket-triage")
# Writes down how it was called; its promote ends as the file of the adapter says.
HYBRID = """#!/bin/sh
echo "$* path=$PYTHONPATH" >> calls
[ "$2" = promote ] && [ -f "${3%@*}.code" ] && exit "$(cat "${3%@*}.code")"
exit 0
"""


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The script in a folder where each adapter has versions 1, 2 and 10, the first in service."""
    shutil.copy(SAMPLE / "promote.sh", tmp_path)
    for name in NAMES:
        for kept in ("1", "2", "10", "evaluations"):
            (tmp_path / "adapters" / name / kept).mkdir(parents=True)
        (tmp_path / "adapters" / name / "current").write_text("1\n", "utf-8")
    command = tmp_path / "bin" / "hybrid"
    command.parent.mkdir()
    command.write_text(HYBRID, "utf-8")
    command.chmod(0o755)
    return tmp_path


def promote(sample: Path) -> subprocess.CompletedProcess[str]:
    way = f"{sample / 'bin'}{os.pathsep}{os.environ['PATH']}"
    script = ["sh", str(sample / "promote.sh")]
    return subprocess.run(script, env={**os.environ, "PATH": way}, capture_output=True, text=True, check=False)


def calls(sample: Path) -> list[str]:
    return (sample / "calls").read_text("utf-8").splitlines()


def test_the_newest_versions_are_measured_with_their_contracts_and_promoted(sample: Path) -> None:
    assert promote(sample).returncode == 0
    triage = " --contract contracts:TicketTriage"
    assert calls(sample) == [
        f"adapter {line} path=."
        for name in NAMES
        for line in (
            f"evaluate {name}@10 rows/{name}.jsonl --registry adapters{triage if name == NAMES[2] else ''}",
            f"promote {name}@10 --registry adapters",
        )
    ]


def test_what_the_gate_keeps_out_stops_none_of_the_others(sample: Path) -> None:
    (sample / "support-voice.code").write_text("1", "utf-8")
    done = promote(sample)
    assert (done.returncode, done.stderr) == (1, "not promoted: support-voice@10\n")
    assert len(calls(sample)) == 6


def test_wrong_use_ends_it_at_once(sample: Path) -> None:
    (sample / "support-voice.code").write_text("2", "utf-8")
    assert promote(sample).returncode == 2
    assert len(calls(sample)) == 2
