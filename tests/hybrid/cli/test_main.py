import subprocess
import sys

import pytest
from running import command_line, environment, run_process

from hybrid import __version__
from hybrid._cli import main
from hybrid._cli.main import run
from hybrid.errors import CheckFailed, ConfigError

HEAVY = (
    "torch",
    "transformers",
    "llama_index",
    "litellm",
    "numpy",
    "qdrant_client",
    "qdrant_edge",
    "onnxruntime",
    "rich",
)
COMMANDS = (
    "init",
    "sync",
    "search",
    "ask",
    "chat",
    "cite",
    "acl",
    "serve",
    "mcp",
    "keys",
    "review",
    "audit",
    "backup",
    "restore",
    "recall-check",
    "drift",
    "check",
    "data",
    "advise",
    "adapter",
    "doctor",
)
# Groups of commands, one that runs until it is stopped, and one whose every line is JSON.
WITHOUT_RESULT = ("cite", "acl", "serve", "mcp", "keys", "review", "audit", "data", "adapter")


@pytest.mark.parametrize("arguments", [["--help"], [], ["sync", "--help"], ["recall-check", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    program = (
        f"import sys; from hybrid._cli.main import run; assert run({arguments!r}) == 0; "
        f"loaded = sorted(name for name in {HEAVY!r} if name in sys.modules); "
        "sys.exit(f'loaded {loaded}' if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment(), check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: hybrid")


def test_help_imports_no_command():
    program = (
        "import sys; from hybrid._cli.main import run; run(['--help']); "
        "sys.exit(str([name for name in sys.modules if name.startswith('hybrid._cli.') and name not in "
        "('hybrid._cli.main', 'hybrid._cli._lazy', 'hybrid._cli._error_line')] or ''))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.stderr.strip() == ""


def test_help_lists_every_command(cli):
    lines = cli("--help").out.splitlines()
    listed = [line.split()[0] for line in lines[lines.index("Commands:") + 1 :]]
    assert listed == list(COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [[name] for name in COMMANDS] + [["cite", "check"], ["acl", "explain"], ["data", "build"], ["adapter", "list"]],
)
def test_every_command_explains_itself(cli, arguments):
    done = cli(*arguments, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: hybrid {' '.join(arguments)}")
    assert "--json" in done.out or arguments in ([name] for name in WITHOUT_RESULT)


def test_version(cli):
    assert cli("--version").out == f"hybrid {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["serach", "x"], "No such command 'serach'. Did you mean 'search'? (see --help)"),
        (["sync", "--bogus"], "No such option: --bogus (see --help)"),
        (["search"], "Missing argument 'QUESTION' (see --help)"),
        (["sync", "--watch=yes"], "Option '--watch' does not take a value (see --help)"),
        (["acl"], "Missing command (see --help)"),
    ],
)
def test_wrong_use_is_one_line(cli, arguments, error):
    done = cli(*arguments)
    assert (done.code, done.out, done.err) == (2, "", f"error: {error}\n")


@pytest.mark.parametrize(("error", "code"), [(CheckFailed("no"), 1), (ConfigError("no"), 2)])
def test_an_expected_failure_ends_with_its_own_code(monkeypatch, capfd, error, code):
    monkeypatch.setattr(main, "app", _raising(error))
    assert run(["sync"]) == code
    assert capfd.readouterr().err == "error: no\n"


def test_an_error_stays_on_one_line_and_steers_no_terminal(monkeypatch, capfd):
    monkeypatch.setattr(main, "app", _raising(ConfigError("two\nlines \x1b[31mred")))
    run(["sync"])
    assert capfd.readouterr().err == "error: two lines \ufffd[31mred\n"


def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(main, "app", _raising(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError):
        run(["sync"])


def test_a_reader_that_leaves_early_is_no_failure(synced):
    line = " ".join(f"'{part}'" for part in command_line("search", "refunds", "--json"))
    done = subprocess.run(
        ["sh", "-c", f"{line} | true"], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.stderr == ""


def test_completion_knows_the_commands():
    done = run_process(_HYBRID_COMPLETE="complete_bash", COMP_WORDS="hybrid re", COMP_CWORD="1")
    assert done.out.split() == ["review", "restore", "recall-check"]


def _raising(error):
    def app(*arguments, **settings):
        raise error

    return app
