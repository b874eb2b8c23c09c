"""The page in a browser: its size, and how long a fresh server takes from its start to the first answer on it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.rows import Outcome, Row, Skipped, at_most, below
from benchmarks.serving import running_server, sample_folder
from hybrid.server.page import route


def page(*, quick: bool) -> Outcome:
    """Return sizes and times of the sample's page in Chromium.

    Raises:
        Skipped: There is no browser.
    """
    found = os.environ.get("HYBRID_BROWSER") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise Skipped("there is no Chromium; run: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
        folder = sample_folder(Path(place) / "bot")
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        times = [_from_start_to_answer(folder, browser) for _ in range(rounds)]
        browser.close()
    static = Path(route.__file__).parent / "static"
    size = sum(file.stat().st_size for file in static.iterdir())
    return Outcome(
        rows=(
            Row(name="page with all it loads", figure=size / 1e3, unit="kB", n=1, target=below(100)),
            Row(name="start of the process to the page, slowest", figure=max(a for a, _ in times), unit="s", n=rounds),
            Row(
                name="start of the process to the first answer on the page, slowest",
                figure=max(b for _, b in times),
                unit="s",
                n=rounds,
                target=at_most(10),
            ),
        ),
        setting={"server": "hybrid serve --dev, extractive model, the sample's documents, files in the page cache"},
    )


def _from_start_to_answer(folder: Path, browser: Any) -> tuple[float, float]:
    with running_server(folder) as server:
        view = browser.new_page()
        view.set_default_timeout(120_000)
        view.goto(server.url)
        view.get_by_label("Person").wait_for()
        shown = time.perf_counter() - server.started
        view.get_by_label("Your question").fill("Which ports does the Heron gateway need open in the firewall?")
        view.get_by_role("button", name="Ask", exact=True).click()
        view.get_by_role("button", name="Source 1").first.wait_for()
        answered = time.perf_counter() - server.started
        view.close()
    return shown, answered
