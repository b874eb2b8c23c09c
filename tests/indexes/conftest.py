import sys
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
