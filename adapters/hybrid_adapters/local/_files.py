"""Finding a model's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hybrid.errors import ModelFilesError
from hybrid_adapters.mini import NAME, mini_folder


def model_folder(name: str) -> Path:
    """Return the folder of a model: the bundled one, the one named, or what the local Hugging Face cache keeps of it.

    Nothing is downloaded.

    Raises:
        ModelFilesError: There is no such folder, and the cache does not hold such a model.
    """
    if name == NAME:
        return mini_folder()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        hub: Any = huggingface_hub
        return Path(hub.snapshot_download(name, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        raise ModelFilesError(
            f"{name!r} is neither a folder nor a model in the local Hugging Face cache, and nothing is downloaded; "
            "name the model's folder"
        ) from None
