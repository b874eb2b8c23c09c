"""The files of an adapter: read once, compared with the manifest, and used as they were read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybrid.errors import ModelFilesError
from hybrid_adapters.registry.manifest import Manifest
from hybrid_adapters.untrusted import canonical, read_settings, refuse_code

WEIGHTS = "adapter_model.safetensors"
"""Where PEFT keeps an adapter's tensors."""

CONFIG = "adapter_config.json"
"""Where PEFT keeps what an adapter is."""

DRAFTS = "drafts.json"
"""The replies that an adapter was taught."""

_BASE = "base_model_name_or_path"
# Where it was trained and by what is in the manifest; PEFT writes unordered lists in another order each time.
_VARYING = frozenset({_BASE, "revision", "peft_version", "inference_mode"})


@dataclass(frozen=True, kw_only=True)
class AdapterFiles:
    """What lies in an adapter's folder, in memory: nobody can change it any more."""

    settings: dict[str, Any]
    """What the adapter is."""

    weights: bytes
    """Its tensors, as safetensors."""

    @property
    def settings_sha256(self) -> str:
        """SHA-256 (hex) of the settings, equal for equal training runs."""
        kept = {key: value for key, value in self.settings.items() if key not in _VARYING}
        return hashlib.sha256(canonical(kept).encode()).hexdigest()

    @property
    def weights_sha256(self) -> str:
        """SHA-256 (hex) of the tensors' file."""
        return hashlib.sha256(self.weights).hexdigest()


def read_files(folder: Path) -> AdapterFiles:
    """Return an adapter's files.

    Raises:
        ModelFilesError: Something is missing, or could run code.
    """
    if not folder.is_dir():
        raise ModelFilesError(f"{str(folder)!r} is no folder; name the one that PEFT saved")
    refuse_code(folder)
    try:
        weights = (folder / WEIGHTS).read_bytes()
    except OSError:
        raise ModelFilesError(f"{folder / WEIGHTS} is missing; save the adapter as safetensors") from None
    return AdapterFiles(settings=read_settings(folder / CONFIG), weights=weights)


def drafts_sha256(folder: Path) -> str | None:
    """Return the SHA-256 (hex) of the replies that an adapter was taught; None where there are none."""
    try:
        return hashlib.sha256((folder / DRAFTS).read_bytes()).hexdigest()
    except OSError:
        return None


def bound_files(folder: Path, manifest: Manifest) -> AdapterFiles:
    """Return an adapter's files if they are those that its manifest was bound to.

    Raises:
        ModelFilesError: They are others; the message names the file and what to do.
    """
    files = read_files(folder)
    pairs: dict[str, tuple[str | None, str]] = {
        WEIGHTS: (files.weights_sha256, manifest.weights_sha256),
        CONFIG: (files.settings_sha256, manifest.config_sha256),
    }
    if manifest.drafts_sha256 is not None:
        pairs[DRAFTS] = drafts_sha256(folder), manifest.drafts_sha256
    for name, (found, bound) in pairs.items():
        if found != bound:
            raise ModelFilesError(
                f"adapter {manifest.label}: {name} has SHA-256 {(found or 'none')[:12]}, its manifest says "
                f"{bound[:12]}; it was changed after training: restore the file, or roll back to another version"
            )
    return files


def portable_config(files: AdapterFiles, base: str) -> str:
    """Return an adapter's settings with the base's name instead of the folder it had where it was trained."""
    return json.dumps(json.loads(canonical(files.settings | {_BASE: base})), indent=2) + "\n"
