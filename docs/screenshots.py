"""Takes the pictures of the page that README and docs/server.md show: ``python docs/screenshots.py``.

Needs the groups ``dev`` and ``serve``, and a Chromium: the system's, or the one that ``HYBRID_BROWSER`` names.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
LARGEST = 150_000

_SPEAKS = 'model = "local:hybrid-mini"\nadapter = "support-voice"'
_CREDIT = "What credit do we get when availability is below 99 percent?"
_PORTS = "Which ports does the Heron gateway need open in the firewall?"
_NONSENSE = "Who won the chess olympiad in 1972?"


def main() -> None:
    """Take each picture anew."""
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _serving(Path(folder) / "bot") as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_browser(), args=["--no-sandbox", "--disable-dev-shm-usage"])
        for name, take in (("page", _page), ("dark", _dark), ("phone", _phone), ("refusal", _refusal)):
            view = browser.new_page(viewport={"width": 1280, "height": 760})
            view.set_default_timeout(60_000)
            view.goto(address)
            view.get_by_label("Person").select_option("chloe")
            view.get_by_text("(customers)", exact=True).wait_for()
            take(view)
            _keep(name, view.screenshot())
            view.close()
        browser.close()


def _page(view: Any) -> None:
    _ask(view, _CREDIT).get_by_role("button", name="Source 1").first.click()
    view.locator("mark").first.wait_for()


def _dark(view: Any) -> None:
    view.get_by_role("button", name="Dark").click()
    _ask(view, _PORTS)
    _ask(view, _CREDIT).get_by_role("button", name="Helpful", exact=True).click()
    view.locator(".outcome").get_by_text("Thank you, noted.").wait_for()


def _phone(view: Any) -> None:
    view.set_viewport_size({"width": 390, "height": 760})
    _ask(view, _PORTS)


def _refusal(view: Any) -> None:
    view.set_viewport_size({"width": 1280, "height": 920})
    _ask(view, _NONSENSE)


def _ask(view: Any, question: str) -> Any:
    view.get_by_label("Your question").fill(question)
    view.get_by_role("button", name="Ask", exact=True).click()
    view.get_by_role("button", name="Ask", exact=True).wait_for()
    return view.locator(".answer").last


def _keep(name: str, taken: bytes) -> None:
    """Write a picture with few colours, which are enough for a page and take a third of the room."""
    from PIL import Image

    small = io.BytesIO()
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(128).save(small, "PNG", optimize=True)
    if len(small.getvalue()) > LARGEST:
        raise SystemExit(f"{name}.png has {len(small.getvalue()):,} bytes, more than {LARGEST:,}; show less")
    (PICTURES / f"{name}.png").write_bytes(small.getvalue())
    print(f"{name}.png: {len(small.getvalue()):,} bytes")


def _browser() -> str:
    found = os.environ.get("HYBRID_BROWSER") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise SystemExit("there is no Chromium; run: apt-get install chromium, or name one in HYBRID_BROWSER")
    return found


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """Serve a copy of the sample, which answers in the documents' own sentences, and yield its address."""
    shutil.copytree(ROOT / "examples" / "support_bot", folder, ignore=shutil.ignore_patterns(".hybrid*", "adapters"))
    settings = folder / "hybrid.toml"
    settings.write_text(settings.read_text("utf-8").replace(_SPEAKS, 'model = "extractive"'), "utf-8")
    paths = os.pathsep.join(str(ROOT / name) for name in ("", "connectors", "indexes", "adapters"))
    environment = {**os.environ, "PYTHONPATH": paths}
    hybrid = [sys.executable, "-m", "hybrid"]
    subprocess.run([*hybrid, "sync", "--config", str(folder), "--quiet"], check=True, env=environment)
    process = subprocess.Popen(
        [*hybrid, "serve", str(folder), "--dev", "--port", "0"], stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stderr is not None
    try:
        yield next(found[1] for line in process.stderr if (found := re.search(r"serving on (\S+)", line)))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
