"""Every Python block of the pages in docs/ runs by itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOTS = os.pathsep.join(str(ROOT / name) for name in ("", "connectors", "indexes", "adapters"))


def blocks() -> list[tuple[str, str]]:
    return [
        (f"{page.relative_to(ROOT)}-{number}", block)
        for page in sorted((ROOT / "docs").glob("*.md"))
        for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL), start=1)
    ]


@pytest.mark.parametrize("block", [pytest.param(block, id=name) for name, block in blocks()])
def test_it_runs(block: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ROOTS},
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr


def test_the_page_on_contracts_has_examples() -> None:
    assert {"docs/contracts.md-1", "docs/contracts.md-2", "docs/contracts.md-3"} <= {name for name, _ in blocks()}
