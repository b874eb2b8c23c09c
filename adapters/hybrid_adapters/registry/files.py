"""The files of an adapter: their hashes, and whether they are those that a manifest was bound to."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, cast

from hybrid.errors import ModelFilesError
from hybrid_adapters.registry.manifest import Manifest
from hybrid_adapters.untrusted import read_settings, refuse_code

WEIGHTS = "adapter_model.safetensors"
"""Where PEFT keeps an adapter's tensors."""

CONFIG = "adapter_config.json"
"""Where PEFT keeps what an adapter is."""

_BASE = "base_model_name_or_path"
# Where it was trained and by what is in the manifest; PEFT writes unordered lists in another order each time.
_VARYING = frozenset({_BASE, "revision", "peft_version", "inference_mode"})


def weights_digest(folder: Path) -> str:
    """Return the SHA-256 (hex) of an adapter's tensors.

    Raises:
        ModelFilesError: They are missing.
    """
    try:
        with (folder / WEIGHTS).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise ModelFilesError(f"{folder / WEIGHTS} is missing; save the adapter as safetensors") from None


def config_digest(folder: Path) -> str:
    """Return the SHA-256 (hex) of what an adapter is, equal for equal training runs.

    Raises:
        ModelFilesError: It is missing or no JSON object.
    """
    settings = read_settings(folder / CONFIG)
    kept = {key: _ordered(value) for key, value in settings.items() if key not in _VARYING}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def check_files(folder: Path, manifest: Manifest) -> None:
    """Refuse a folder whose files are not those of the manifest, or that could run code.

    Raises:
        ModelFilesError: The message names the file and what to do.
    """
    if not folder.is_dir():
        raise ModelFilesError(f"adapter {manifest.label}: {str(folder)!r} is no folder; name the one that PEFT saved")
    refuse_code(folder)
    found = {WEIGHTS: (weights_digest(folder), manifest.weights_sha256)}
    found[CONFIG] = (config_digest(folder), manifest.config_sha256)
    for name, (digest, bound) in found.items():
        if digest != bound:
            raise ModelFilesError(
                f"adapter {manifest.label}: {name} has SHA-256 {digest[:12]}, its manifest says {bound[:12]}; it was "
                "changed after training: restore the file, or roll back to another version"
            )


def portable_config(folder: Path, base: str) -> str:
    """Return an adapter's settings with the base's name instead of the folder it had where it was trained."""
    settings = read_settings(folder / CONFIG) | {_BASE: base}
    return json.dumps({key: _ordered(value) for key, value in sorted(settings.items())}, indent=2) + "\n"


def _ordered(value: Any) -> Any:
    match value:
        case list():
            items = cast("list[Any]", value)
            return sorted(items) if all(isinstance(item, str) for item in items) else items
        case dict():
            table = cast("dict[str, Any]", value)
            return {key: _ordered(table[key]) for key in sorted(table)}
        case _:
            return value
