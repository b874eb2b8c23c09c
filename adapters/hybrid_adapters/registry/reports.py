"""What a registry holds, as JSON values for the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.registry.version import Version


def listed(folder: Path) -> dict[str, Any]:
    """Return every version in a registry, names in order and oldest first.

    Raises:
        ModelFilesError: A version is damaged.
    """
    registry = Registry(folder)
    versions = [registry.resolve(f"{name}@{number}") for name in registry.names() for number in registry.numbers(name)]
    return {"registry": str(folder), "versions": [_summary(registry, version) for version in versions]}


def _summary(registry: Registry, version: Version) -> dict[str, Any]:
    manifest = version.manifest
    return {
        "label": manifest.label,
        "name": manifest.name,
        "version": manifest.version,
        "in_service": registry.current(manifest.name) == manifest.version,
        "kind": manifest.kind,
        "base": manifest.base.name,
        "quantization": manifest.base.quantization,
        "rows": manifest.dataset.rows,
        "approved": manifest.dataset.approved,
        "created": manifest.created.isoformat(),
    }
