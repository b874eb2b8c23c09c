import sys
from pathlib import Path

import pytest

# Test modules are imported by path; what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("hybrid.testing.indexes")
