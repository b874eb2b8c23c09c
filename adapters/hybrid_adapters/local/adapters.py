"""LoRA adapters: voices that a model can speak with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hybrid.errors import ModelFilesError
from hybrid_adapters.local._files import model_folder
from hybrid_adapters.registry.files import AdapterFiles, bound_files, read_files
from hybrid_adapters.registry.manifest import Manifest
from hybrid_adapters.registry.version import Version


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """A voice that a model can speak with.

    One that is made by hand is trusted as it is: nothing but the shapes of its tensors and the name of its base is
    checked. ``Adapter.of`` a registry's version is compared with its manifest when it is loaded.
    """

    name: str
    """What requests call it."""

    folder: Path
    """Where PEFT saved it."""

    instructions: str = ""
    """What it was taught to read after the rules of the prompt."""

    distilled: bool = False
    """Whether its weights carry the rules, so that prompts leave them out."""

    manifest: Manifest | None = None
    """What it was made for; None where it is trusted as it is."""

    @classmethod
    def of(cls, version: Version) -> Adapter:
        """Return the adapter that a version of a registry is."""
        manifest = version.manifest
        return cls(
            name=manifest.label,
            folder=version.folder,
            instructions=manifest.instructions,
            distilled=manifest.dataset.distilled,
            manifest=manifest,
        )


def adapter_files(adapter: Adapter, base: str) -> AdapterFiles:
    """Return an adapter's files.

    Args:
        adapter: The adapter.
        base: Name or folder of the base.

    Raises:
        ModelFilesError: They hold code, are no LoRA, were changed, or were made for another base.
    """
    if adapter.manifest is not None:
        files = bound_files(adapter.folder, adapter.manifest)
    else:
        files = read_files(adapter.folder)
    kind = files.settings.get("peft_type")
    if kind != "LORA":
        raise ModelFilesError(f"adapter {adapter.name!r} is {kind}; only LoRA adapters are served")
    made_for = str(files.settings.get("base_model_name_or_path") or "")
    # Folders move; what stays is their name. A manifest knows the weights themselves.
    if adapter.manifest is None and made_for and Path(made_for).name not in (Path(base).name, model_folder(base).name):
        raise ModelFilesError(f"adapter {adapter.name!r} was made for base {made_for!r}, not {base!r}; load that base")
    return files
