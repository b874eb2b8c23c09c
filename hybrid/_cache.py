"""The user's cache folder: what can be made again at any time."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return ``HYBRID_CACHE``, else ``hybrid`` under ``XDG_CACHE_HOME``, else ``~/.cache/hybrid``."""
    if named := os.environ.get("HYBRID_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hybrid"
