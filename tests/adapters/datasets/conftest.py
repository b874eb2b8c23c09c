"""Rows to spoil, and vectors that cost nothing."""

from __future__ import annotations

import sys
from pathlib import Path

# Test modules are imported by path; what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))
