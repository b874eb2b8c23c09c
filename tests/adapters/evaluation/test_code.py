"""Code in replies is run with its tests, and can reach nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from evaluation_samples import CONTRACT, reply, row

from hybrid._cli.main import run
from hybrid.errors import ConfigError, RowsError
from hybrid_adapters.evaluation import sandbox
from hybrid_adapters.evaluation.arms import Arm, Outcome
from hybrid_adapters.evaluation.code_tests import FAILS, code_in, read_tests, with_code
from hybrid_adapters.evaluation.figures import figures_of
from hybrid_adapters.evaluation.sandbox import CodeLimits, passes, require_sandbox
from hybrid_adapters.evaluation.scoring import scored
from hybrid_adapters.evaluation.written import Written
from hybrid_adapters.registry import Registry

LIMITS = CodeLimits(seconds=2.0)
DOUBLE = "def double(x):\n    return 2 * x\n"


@pytest.fixture(scope="module")
def _sandboxed() -> None:
    try:
        require_sandbox()
    except ConfigError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("_sandboxed")
@pytest.mark.parametrize(
    ("code", "tests", "right"),
    [
        (DOUBLE, "assert double(2) == 4", True),
        (DOUBLE, "assert double(2) == 5", False),
        (DOUBLE, "assert treble(2) == 6", False),
        ("def double(x", "", False),
        ("import sys; sys.exit(0)", "assert False", False),
        ("import os; os._exit(0)", "assert False", False),
        ("print('much ' * 100)", "assert True", True),
    ],
)
def test_code_passes_where_its_tests_do(code: str, tests: str, right: bool) -> None:
    assert passes(code, tests, LIMITS) is right


@pytest.mark.usefixtures("_sandboxed")
@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "held = bytearray(2**32)",
        "open('/tmp/large', 'wb').write(bytes(2**22))",
        "print('x' * 2**22)",
        "open('/usr/lib/mine', 'w')",
        "import socket; socket.create_connection(('127.0.0.1', {port}), 1)",
        "open('{secret}').read()",
        "import os; os.kill({pid}, 0)",
    ],
)
def test_what_reaches_out_or_does_not_end_fails(code: str, tmp_path: Path) -> None:
    import socket

    (tmp_path / "secret").write_text("a secret", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        places = {"port": server.getsockname()[1], "secret": tmp_path / "secret", "pid": os.getpid()}
        for name, place in places.items():
            code = code.replace(f"{{{name}}}", str(place))
        assert passes(code, "", LIMITS) is False


@pytest.mark.usefixtures("_sandboxed")
def test_the_environment_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert passes("import os", "assert set(os.environ) <= {'PWD', 'LC_CTYPE'}", LIMITS)


@pytest.mark.usefixtures("_sandboxed")
def test_children_do_not_outlive_it() -> None:
    name = f"hybrid-child-{os.getpid()}"
    code = f"""import os, time
for _ in range(4):
    if os.fork() == 0:
        open('/proc/self/comm', 'w').write('{name[:15]}')
        time.sleep(600)
"""
    assert passes(code, "", LIMITS)
    for _ in range(50):
        found = subprocess.run(["ps", "-eo", "comm"], capture_output=True, text=True, check=True).stdout
        if name[:15] not in found:
            return
        time.sleep(0.1)
    raise AssertionError("a child of the code still runs")


def test_without_a_sandbox_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    require_sandbox.cache_clear()
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match=r"bubblewrap is not installed; install it \(apt-get install bubblewrap\)"):
        passes(DOUBLE, "assert double(2) == 4", LIMITS)
    require_sandbox.cache_clear()


def test_a_sandbox_that_cannot_be_made_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    require_sandbox.cache_clear()
    with pytest.raises(ConfigError, match="cannot make one here"):
        passes(DOUBLE, "", LIMITS)
    require_sandbox.cache_clear()


class Silent:
    def write(self, chat, ids, voice, reference):
        raise AssertionError("nothing is written here")


@pytest.mark.usefixtures("_sandboxed")
def test_the_rate_counts_rows_with_tests_and_a_failure_is_an_error_class() -> None:
    replies = [reply(at, opening=f"```python\n{DOUBLE}```") for at in range(3)]
    rows = tuple(row(at, split="held-out") for at in range(3))
    outcome = Outcome(
        arm=Arm(name="tuned", model="tiny", writer=Silent(), chat=lambda each: each.prompt),  # type: ignore[arg-type]
        rows=rows,
        written=tuple(Written(raw=each, reply=each, valid=True, seconds=0.1, tokens=3) for each in replies),
        scored=tuple(scored(each, own.reply, CONTRACT, valid=True) for each, own in zip(replies, rows, strict=True)),
    )
    tests = {"r-0": "assert double(2) == 4", "r-1": "assert double(2) == 5", "elsewhere": "assert False"}
    found = with_code(outcome, tests)
    figures = figures_of(found, [None] * 3)
    assert figures.code_passes == 0.5
    assert figures.error_classes[FAILS] == pytest.approx(1 / 3)
    assert figures_of(replace(outcome), [None] * 3).code_passes is None


def test_code_is_what_is_fenced_or_everything() -> None:
    assert code_in(f"Here:\n```python\n{DOUBLE}```\nand\n```\nx = 1\n```") == f"{DOUBLE}x = 1\n"
    assert code_in("x = 1") == "x = 1"


def test_tests_that_are_none_are_named(tmp_path: Path) -> None:
    (tmp_path / "tests.jsonl").write_text('{"id": "a", "test": "assert x"}\n', "utf-8")
    with pytest.raises(RowsError, match=r"tests\.jsonl:1: field 'test"):
        read_tests(tmp_path / "tests.jsonl")
    (tmp_path / "empty.jsonl").write_text("", "utf-8")
    with pytest.raises(RowsError, match="the file is empty; write at least one row"):
        read_tests(tmp_path / "empty.jsonl")


@pytest.mark.usefixtures("_sandboxed")
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="apt-get install bubblewrap")
def test_an_evaluation_runs_code_where_it_is_told_to(
    registry: Registry, made: tuple[Path, Path], rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    (tmp_path / "tests.jsonl").write_text('{"id": "r-3", "tests": "assert False"}\n', "utf-8")
    where = ["--registry", str(registry.folder), "--base", str(made[0]), "--json", "--quiet"]
    assert run(["adapter", "evaluate", "voice@2", str(rows), "--run-code", str(tmp_path / "tests.jsonl"), *where]) == 0
    arms = json.loads(capsys.readouterr().out)["arms"]
    assert {arm["code_passes"] for arm in arms.values()} == {0.0}
    assert arms["tuned"]["error_classes"][FAILS] == pytest.approx(1 / 20)
