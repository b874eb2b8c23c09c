"""How long it takes until something happens: importing the package, printing the help."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.data import REPOSITORY
from benchmarks.rows import Outcome, Row, at_most, below
from benchmarks.timing import interleaved, percentile

_HEAVY = ("torch", "transformers", "llama_index", "litellm", "qdrant_client", "qdrant_edge", "onnxruntime", "numpy")
_REPORT = f"print(*(name for name in {_HEAVY} if name in sys.modules), sep='\\\\n', file=sys.stderr)"
_IMPORT = "import sys, hybrid"
_HELP = """
import sys
from hybrid._cli.main import main
sys.argv = ["hybrid", "--help"]
try:
    main()
except SystemExit:
    pass
"""


def startup(*, quick: bool) -> Outcome:
    """Return wall times of fresh interpreters, and which heavy modules they loaded."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import hybrid": [sys.executable, "-c", "import hybrid"],
        "hybrid --help": [sys.executable, "-m", "hybrid", "--help"],
    }
    calls = {name: (lambda _, command=command: _run(command)) for name, command in commands.items()}
    seconds = interleaved(calls, 5 if quick else 11, warm_up=1)
    rows = [
        Row(
            name=f"{name}, wall time",
            figure=percentile(taken, 50),
            unit="s",
            n=len(taken),
            target=None if name == "python -c pass" else below(0.3),
        )
        for name, taken in seconds.items()
    ]
    loaded = {"import hybrid": _loaded(_IMPORT), "hybrid --help": _loaded(_HELP)}
    rows += [
        Row(name=f"{name}, heavy modules loaded", figure=len(found), unit="modules", n=1, target=at_most(0))
        for name, found in loaded.items()
    ]
    return Outcome(
        rows=tuple(rows),
        setting={
            "times": "a fresh interpreter each, start and end of the process included, files in the page cache",
            "heavy modules": ", ".join(_HEAVY),
            **{f"loaded by {name}": ", ".join(found) for name, found in loaded.items() if found},
        },
    )


def _loaded(code: str) -> list[str]:
    return _run([sys.executable, "-c", f"{code}\n{_REPORT}"]).split()


def _run(command: Sequence[str]) -> str:
    """Return what the command wrote to stderr."""
    paths = (REPOSITORY, *(REPOSITORY / root for root in ("connectors", "indexes", "adapters")))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stderr
