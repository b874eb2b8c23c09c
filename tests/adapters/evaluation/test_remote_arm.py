"""A remote model is asked the same rows with the same prompt, and only when it is named and its key is there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

pytest.importorskip("litellm", reason="the extra 'remote' brings it")

from hybrid._cli.main import run
from hybrid_adapters.evaluation.report import load_evaluations
from hybrid_adapters.registry import Registry

# LiteLLM asks pydantic by a name that it has given up.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the 'model_")

SERVICE = Path(__file__).parents[2] / "hybrid" / "models" / "remote" / "service.py"
# Every call repeats what it was sent, if it fails; none of it may reach the terminal.
KEY = "sk-proj-5ecret0123456789abcdef"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, str(SERVICE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin
        assert running.stdout
        yield int(running.stdout.readline())
        running.stdin.close()
        assert running.wait(timeout=10) == 0


@pytest.fixture
def reachable(port: int, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_BASE", f"http://127.0.0.1:{port}/v1")
    return port


def asked(port: int, model: str) -> list[dict]:
    with urlopen(f"http://127.0.0.1:{port}/seen", timeout=10) as answer:
        return [each for each in json.load(answer)["requests"] if each["model"] == model]


def evaluate(registry: Registry, made: tuple[Path, Path], rows: Path, *options: str) -> int:
    where = ["--registry", str(registry.folder), "--base", str(made[0]), *options]
    return run(["adapter", "evaluate", "voice@2", str(rows), *where])


def test_the_remote_arm_is_measured_on_the_same_rows(
    registry: Registry, made: tuple[Path, Path], rows: Path, reachable: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(registry, made, rows, "--remote", "openai/good.arm") == 0
    assert f"the held-out rows of {rows}, evidence included, are sent to openai/good.arm" in capsys.readouterr().err
    (kept,) = load_evaluations(registry.folder, "voice")
    arm = kept.arms["remote"]
    assert (arm.model, arm.format_valid, arm.perplexity) == ("remote:openai/good.arm", 1.0, None)
    # It always points at E1, which is right for every second row.
    assert arm.evidence_f1 == pytest.approx(0.5)
    assert arm.reply_tokens == 20
    assert arm.prompt == kept.arms["prompt"].prompt
    sent = asked(reachable, "good.arm")
    assert len(sent) == 20
    assert all("its JSON schema" in each["messages"][0]["content"] for each in sent)
    assert all(each["messages"][-1]["role"] == "user" for each in sent)
    assert "remote" not in kept.gate.gains


def test_a_reply_that_breaks_the_contract_is_asked_for_once_more(
    registry: Registry, made: tuple[Path, Path], rows: Path, reachable: int
) -> None:
    assert evaluate(registry, made, rows, "--remote", "openai/garbage.arm") == 0
    (kept,) = load_evaluations(registry.folder, "voice")
    assert (kept.arms["remote"].format_valid, kept.arms["remote"].score) == (0.0, 0.0)
    assert kept.arms["remote"].error_classes["broken format"] == 1.0
    assert len(asked(reachable, "garbage.arm")) == 2 * 20


def test_without_a_key_nothing_is_sent(
    registry: Registry,
    made: tuple[Path, Path],
    rows: Path,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_BASE", f"http://127.0.0.1:{port}/v1")
    for option in ("--remote", "--judge"):
        name = "openai/good.keyless" if option == "--remote" else "remote:openai/good.keyless"
        assert evaluate(registry, made, rows, option, name, "--quiet") == 2
        assert "needs a key: set OPENAI_API_KEY in the environment" in capsys.readouterr().err
    assert not asked(port, "good.keyless")
    assert not load_evaluations(registry.folder, "voice")


def test_a_service_that_fails_is_one_line_without_key_or_prompt(
    registry: Registry,
    made: tuple[Path, Path],
    rows: Path,
    reachable: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate(registry, made, rows, "--remote", "openai/forbids.arm", "--quiet") == 2
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1
    assert KEY not in said
    assert "How long is number" not in said


def test_a_remote_judge_that_speaks_no_verdict_is_counted(
    registry: Registry, made: tuple[Path, Path], rows: Path, reachable: int, capsys: pytest.CaptureFixture[str]
) -> None:
    page = rows.with_name("judged.html")
    assert evaluate(registry, made, rows, "--judge", "remote:openai/good.judge", "--html", str(page)) == 0
    assert "nobody knows what this is worth" in page.read_text("utf-8")
    (kept,) = load_evaluations(registry.folder, "voice")
    assert kept.judge is not None
    assert kept.judge.preferences["prompt"].unparsable == 20
    assert kept.judge.preferences["prompt"].ties == 20
    shown = capsys.readouterr().out
    assert "no person has rated the same replies, so nobody knows what this is worth" in " ".join(shown.split())
