"""``python -m benchmarks [NAME...] [--quick]``: print a table and write ``results/NAME.json`` for each benchmark."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.report import show, write
from benchmarks.rows import Outcome, Skipped

RESULTS = Path(__file__).parent / "results"
NAMES = (
    "startup",
    "filtered_search",
    "readers",
    "resync",
    "ingestion",
    "quality",
    "sample",
    "claims",
    "injection",
    "decoding",
    "evidence_choice",
    "voices",
    "gate",
    "serving",
    "page",
    "telling",
    "ab",
    "drift",
    "datasets",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run benchmarks; return 0, also where targets are missed: the table says so."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all when left out")
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it runs, not what it reaches")
    parser.add_argument("--out", type=Path, help="folder of the JSON files; benchmarks/results when left out")
    options = parser.parse_args(arguments)
    if unknown := set(options.names).difference(NAMES):
        parser.error(f"unknown benchmark {min(unknown)!r}; name any of {', '.join(NAMES)}")
    folder = options.out or (RESULTS / "quick" if options.quick else RESULTS)
    for name in options.names or NAMES:
        _run(name, folder, quick=options.quick)
    return 0


def _run(name: str, folder: Path, *, quick: bool) -> None:
    started = time.perf_counter()
    try:
        # Imported when it runs: a benchmark may need packages that the others do not.
        benchmark: Callable[..., Outcome] = getattr(import_module(f"benchmarks.{name}"), name)
        outcome = benchmark(quick=quick)
    except Skipped as reason:
        print(f"{name}: skipped, {reason}", file=sys.stderr)
        return
    except ModuleNotFoundError as error:
        print(f"{name}: skipped, {error.name} is not installed; run: make bench", file=sys.stderr)
        return
    seconds = time.perf_counter() - started
    show(name, outcome, seconds)
    write(name, outcome, seconds, folder, quick=quick)


if __name__ == "__main__":
    sys.exit(main())
