"""Running Python that a model wrote, away from everything: bubblewrap's namespaces around, resource limits within.

The process has no network, no file but the interpreter's own (read-only) and an empty folder in memory, no environment,
and a process tree of its own that ends with it. It is no defence against a fault in the kernel, and its tests run in
the same process as the code: code that is written to deceive its tests can.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hybrid.errors import ConfigError

# Read after the code and its tests have run: whoever leaves before that has not passed.
_WITHIN = """\
import json, resource, sys
asked = json.loads(sys.stdin.readline())
for name, limit in asked["limits"].items():
    resource.setrlimit(getattr(resource, name), (limit, limit))
names = {"__name__": "__main__"}
exec(compile(asked["code"], "reply", "exec"), names)
exec(compile(asked["tests"], "tests", "exec"), names)
sys.__stdout__.write(sys.stdin.readline())
"""
_FOLDERS = ("/usr", "/bin", "/lib", "/lib64")
_MISSING = (
    "code that a model wrote is run only in a sandbox, and bubblewrap {why}; install it (apt-get install bubblewrap) "
    "on a system that admits namespaces, or leave --run-code out"
)


@dataclass(frozen=True, kw_only=True)
class CodeLimits:
    """What a run may use."""

    seconds: float = 10.0
    """By the clock, and so much of a processor."""

    memory: int = 512 * 2**20
    """Bytes of address space."""

    file_size: int = 2**20
    """Bytes of one file, and of the folder in memory ten times as much."""

    processes: int = 16
    """Processes and threads of the user; the system does not hold its administrator to it."""

    def resources(self) -> dict[str, int]:
        """Return them by the names of the module ``resource``."""
        return {
            "RLIMIT_CPU": max(1, round(self.seconds)),
            "RLIMIT_AS": self.memory,
            "RLIMIT_FSIZE": self.file_size,
            "RLIMIT_NPROC": self.processes,
            "RLIMIT_CORE": 0,
        }


def passes(code: str, tests: str, limits: CodeLimits = CodeLimits()) -> bool:
    """Return whether code runs and its tests run after it without an error.

    Args:
        code: Python.
        tests: Python that is run after it, with its names; an ``assert`` that fails is an error.
        limits: What the run may use.

    Raises:
        ConfigError: There is no sandbox here.
    """
    require_sandbox()
    ticket = secrets.token_hex(16)
    asked = {"code": code, "tests": tests, "limits": limits.resources()}
    found = _run([sys.executable, "-I", "-S", "-B", "-c", _WITHIN], f"{json.dumps(asked)}\n{ticket}\n", limits)
    return found is not None and found.endswith(f"{ticket}\n")


@lru_cache(maxsize=1)
def require_sandbox() -> None:
    """Return if code can be run away from everything.

    Raises:
        ConfigError: Bubblewrap is not installed, or the system admits no namespaces.
    """
    if shutil.which("bwrap") is None:
        raise ConfigError(_MISSING.format(why="is not installed"))
    if _run(["/usr/bin/true"], "", CodeLimits()) is None:
        raise ConfigError(_MISSING.format(why="cannot make one here"))


def _run(command: list[str], said: str, limits: CodeLimits) -> str | None:
    """Return what a command writes in the sandbox, or None where it fails or takes too long."""
    around = ["bwrap", *_around(limits), "--", *command]
    # A file and no pipe: what the limit on files holds, nobody has to hold in memory.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as written:
        try:
            subprocess.run(
                around,
                input=said,
                stdout=written,
                stderr=subprocess.DEVNULL,
                text=True,
                check=True,
                timeout=limits.seconds + 2,
            )
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            # The namespace of its processes ends with bubblewrap, and they with that.
            return None
        written.seek(0)
        return written.read()


def _around(limits: CodeLimits) -> Iterator[str]:
    yield from ("--unshare-all", "--die-with-parent", "--new-session", "--clearenv")
    for folder in _FOLDERS:
        if Path(folder).is_symlink():
            yield from ("--symlink", os.readlink(folder), folder)
        elif Path(folder).is_dir():
            yield from ("--ro-bind", folder, folder)
    # The interpreter may lie elsewhere; of an environment's folder its settings are enough.
    for place in {sys.base_prefix, sys.prefix} - {"/usr"}:
        yield from ("--ro-bind", place, place)
    yield from ("--proc", "/proc", "--dev", "/dev", "--size", str(10 * limits.file_size), "--tmpfs", "/tmp")
    yield from ("--chdir", "/tmp")
