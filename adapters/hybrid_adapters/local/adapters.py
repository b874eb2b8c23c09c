"""LoRA adapters, refused before they are loaded where they were made for another base."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hybrid.errors import ModelFilesError
from hybrid_adapters.untrusted import read_settings, refuse_code

WEIGHTS = "adapter_model.safetensors"
"""Where PEFT keeps an adapter's tensors."""


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """A voice that a model can speak with."""

    name: str
    """What requests call it."""

    folder: Path
    """Where PEFT saved it."""

    instructions: str = ""
    """What it was taught to read after the rules of the prompt."""


def check_adapter(adapter: Adapter, base: str) -> None:
    """Refuse an adapter that holds code, is no LoRA, or was made for another base.

    Args:
        adapter: The adapter.
        base: Name or folder of the base.

    Raises:
        ModelFilesError: It cannot be served; the message says why.
    """
    folder = adapter.folder
    if not folder.is_dir():
        raise ModelFilesError(f"adapter {adapter.name!r}: {folder} is no folder; name the one that PEFT saved")
    refuse_code(folder)
    settings = read_settings(folder / "adapter_config.json")
    if settings.get("peft_type") != "LORA":
        raise ModelFilesError(f"adapter {adapter.name!r} is {settings.get('peft_type')}; only LoRA adapters are served")
    made_for = str(settings.get("base_model_name_or_path") or "")
    # Folders move; what stays is their name.
    if made_for and Path(made_for).name != Path(base).name:
        raise ModelFilesError(f"adapter {adapter.name!r} was made for base {made_for!r}, not {base!r}; load that base")
    if not (folder / WEIGHTS).is_file():
        raise ModelFilesError(f"{folder / WEIGHTS} is missing; save the adapter as safetensors")
