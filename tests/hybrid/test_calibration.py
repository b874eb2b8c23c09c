"""The threshold that is kept beside an index."""

from pathlib import Path

import pytest

from hybrid.calibration import load_threshold, save_threshold
from hybrid.errors import StorageError


def test_a_threshold_that_cannot_be_stored_is_an_expected_failure(tmp_path: Path):
    save_threshold(tmp_path, 0.5, questions=3)
    (tmp_path / "calibration.json.new").mkdir()  # where nothing can be written, also not by root
    with pytest.raises(StorageError, match="the threshold cannot be stored"):
        save_threshold(tmp_path, 0.75, questions=3)
    assert load_threshold(tmp_path) == 0.5
