"""What holds for every test, and the browser that some share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

_MISSING = "install a browser for this: pip install playwright, and apt-get install chromium"

# Tests measure no time: a busy machine must not make one fail.
settings.register_profile("hybrid", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hybrid")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The system's Chromium; for one file, because Playwright keeps an event loop in this thread while it is open."""
    found = os.environ.get("HYBRID_BROWSER") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip(_MISSING)
    sync_api = pytest.importorskip("playwright.sync_api", reason=_MISSING)
    with sync_api.sync_playwright() as playwright:
        # Containers, in which tests run as root, have no sandbox of Chromium's and little shared memory; it opens
        # pages of these tests only.
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield launched
        launched.close()
