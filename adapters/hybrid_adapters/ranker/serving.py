"""Which ranker reads the evidence: the bundled one, or one that a team tuned."""

from __future__ import annotations

from pathlib import Path

from hybrid_adapters.ranker._adapter import SHIPPED
from hybrid_adapters.ranker.ranker import EvidenceRanker, load_ranker
from hybrid_adapters.registry.manifest import read_manifest
from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.registry.version import Version


def bundled() -> Version:
    """Return the ranker that is part of the package."""
    return Version(folder=SHIPPED, manifest=read_manifest(SHIPPED))


def resolve(registry: Registry, name: str) -> Version:
    """Return a version of a registry, or the bundled ranker by its own name.

    Raises:
        ModelFilesError: There is no such version, none is in service, or its manifest is damaged.
    """
    own = bundled()
    plain = name.partition("@")[0]
    if name in (own.manifest.name, own.label) and not registry.numbers(plain):
        return own
    return registry.resolve(name)


def ranker_named(registry: Path, name: str) -> EvidenceRanker:
    """Return the ranker of a registry that a name means now.

    Raises:
        ModelFilesError: There is no such version, it is no ranker, its files were changed, or it is of another base.
        MissingExtraError: The packages for it are not installed.
    """
    return load_ranker(resolve(Registry(registry), name).folder)
