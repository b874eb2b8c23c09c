"""One version of an adapter within a registry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hybrid_adapters.registry.manifest import Manifest


@dataclass(frozen=True, kw_only=True)
class Version:
    """An adapter as it lies in a registry."""

    folder: Path
    """Where PEFT and vLLM find it."""

    manifest: Manifest
    """What it is."""

    @property
    def label(self) -> str:
        """Name and version, such as ``support-voice@3``."""
        return self.manifest.label
