"""Where the bundled model's files are."""

from __future__ import annotations

from pathlib import Path

from hybrid.errors import ModelFilesError

NAME = "hybrid-mini"
"""What settings call the model: ``local:hybrid-mini``."""

PRIOR = 4.0
"""Weight of the evidence's scores in its choice of ids: it compares worse than they do, so they lead."""

_WEIGHTS = Path(__file__).parent / "weights"


def mini_folder() -> Path:
    """Return the folder of the bundled model, in 4 bits, with its tokenizer, chat template and model card.

    Raises:
        ModelFilesError: This distribution was built without the weights.
    """
    if not (_WEIGHTS / "config.json").is_file():
        raise ModelFilesError(f"{NAME!r} is not part of this installation; install the package again, or name a folder")
    return _WEIGHTS
