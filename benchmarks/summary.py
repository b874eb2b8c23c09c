"""``python -m benchmarks.summary``: write the figures of ``results/*.json`` into ``docs/benchmarks.md``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.__main__ import NAMES, RESULTS
from benchmarks.data import REPOSITORY

_PAGE = REPOSITORY / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"


def main() -> None:
    """Replace what stands between the two marks of the page."""
    found = [json.loads(path.read_text("utf-8")) for name in NAMES if (path := RESULTS / f"{name}.json").is_file()]
    figures = "\n\n".join("\n".join(_section(result)) for result in found)
    page = _PAGE.read_text("utf-8")
    marked = re.compile(f"(?<={_BEGIN}\n).*(?={_END})", re.DOTALL)
    _PAGE.write_text(marked.sub(lambda _: f"\n{figures}\n\n", page), "utf-8")


def _section(result: Mapping[str, Any]) -> Iterator[str]:
    machine = result["machine"]
    yield f"### {result['benchmark']}"
    yield ""
    yield (
        f"{result['date']}, {result['seconds']:.0f} s on {machine['cores']} cores of {machine['processor']}, "
        f"load before {machine['load_before']}."
    )
    yield ""
    yield "| row | figure | n | target | reached |"
    yield "|---|---|---|---|---|"
    yield from (_line(row) for row in result["rows"])
    yield ""
    yield from (f"- {about}: {text}" for about, text in result["setting"].items())


def _line(row: Mapping[str, Any]) -> str:
    reached = {None: "", True: "yes", False: "**no**"}[row.get("reached")]
    figure = f"{row['figure']:,.4g} {row['unit']}".rstrip() + _interval(row.get("interval"))
    return f"| {row['row']} | {figure} | {row['n']:,} | {row.get('target', '')} | {reached} |"


def _interval(ends: Sequence[float] | None) -> str:
    return f" ({ends[0]:.4g} to {ends[1]:.4g})" if ends else ""


if __name__ == "__main__":
    main()
