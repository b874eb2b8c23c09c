"""Adapters versioned like a dependency: what each was made for and from, and a folder that keeps every version."""

from hybrid_adapters.registry.manifest import BoundBase, BoundContract, Dataset, Manifest, Proof
from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.registry.version import Version

__all__ = ["BoundBase", "BoundContract", "Dataset", "Manifest", "Proof", "Registry", "Version"]
