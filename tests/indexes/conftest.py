import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# Test modules are imported by path; what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("hybrid.testing.indexes", "index_oracle")

from index_oracle import scratch_folder  # noqa: E402  found only by the path above


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder() as path:
        yield Path(path)


@pytest.fixture(scope="module")
def no_thread_left() -> Iterator[None]:
    """Fail where a module leaves threads behind, of Python or of the engine: thousands of them once took 10 GB."""
    before = _threads()
    yield
    end = time.monotonic() + 10
    while (left := _threads()) > before and time.monotonic() < end:
        time.sleep(0.05)  # the engine's threads may take a moment to end
    assert left <= before, f"{left - before} threads are left: {[thread.name for thread in threading.enumerate()]}"


def _threads() -> int:
    tasks = Path("/proc/self/task")
    return len(os.listdir(tasks)) if tasks.is_dir() else threading.active_count()
