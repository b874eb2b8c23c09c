"""What a registry holds, as JSON values for the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hybrid.errors import ModelFilesError
from hybrid_adapters.registry.registry import Registry

# They differ between any two versions and tell a person nothing.
_UNTOLD = frozenset({"version", "created", "proof", "weights_sha256"})


def listed(folder: Path) -> dict[str, Any]:
    """Return every version in a registry, names in order and oldest first; one that is damaged is told to be so."""
    registry = Registry(folder)
    versions = [_summary(registry, name, number) for name in registry.names() for number in registry.numbers(name)]
    return {"registry": str(folder), "versions": versions}


def shown(folder: Path, name: str) -> dict[str, Any]:
    """Return all that is known of a version; of its proof the number of tokens alone.

    Raises:
        ModelFilesError: There is no such version, or its manifest is damaged.
    """
    registry = Registry(folder)
    version = registry.resolve(name)
    manifest = version.manifest
    return {
        "label": manifest.label,
        "folder": str(version.folder),
        "in_service": registry.current(manifest.name) == manifest.version,
        **manifest.model_dump(mode="json", exclude={"proof"}),
        "proof_tokens": len(manifest.proof.reply) if manifest.proof else 0,
    }


def waiting_behind(folder: Path, label: str) -> str | None:
    """Return the version that serves while this one waits; None where this one serves, or nothing does."""
    registry = Registry(folder)
    name = label.partition("@")[0]
    current = registry.current(name)
    serving = None if current is None else f"{name}@{current}"
    return None if serving == label else serving


def differences(folder: Path, one: str, other: str) -> dict[str, Any]:
    """Return what changed between two versions, by the place in their manifests.

    Raises:
        ModelFilesError: There is no such version, or a manifest is damaged.
    """
    registry = Registry(folder)
    versions = [registry.resolve(name).manifest for name in (one, other)]
    before, after = (dict(_leaves(manifest.model_dump(mode="json", exclude=set(_UNTOLD)))) for manifest in versions)
    places = [*before, *(place for place in after if place not in before)]
    changes = [
        {"what": place, "from": before.get(place), "to": after.get(place)}
        for place in places
        if before.get(place) != after.get(place)
    ]
    same_weights = versions[0].weights_sha256 == versions[1].weights_sha256
    return {"from": versions[0].label, "to": versions[1].label, "same_weights": same_weights, "changes": changes}


def put_in_service(folder: Path, name: str, number: int | None) -> dict[str, Any]:
    """Let a name mean another version, and return which one it meant and which it means now.

    Raises:
        ModelFilesError: There is no such version.
    """
    registry = Registry(folder)
    try:
        before = registry.current(name)
    except ModelFilesError:
        before = None
    version = registry.put_in_service(name, number)
    return {"before": None if before is None else f"{name}@{before}", "in_service": version.label}


def pushed(folder: Path, name: str, target: str) -> dict[str, Any]:
    """Copy a version to another registry, or to the Hugging Face Hub where the target is ``hf:OWNER/NAME``.

    Raises:
        ModelFilesError: There is no such version, its files were changed, or another one has its number there.
        StorageError: The target refuses.
    """
    version = Registry(folder).resolve(name)
    kind, _, repository = target.partition(":")
    if kind == "hf":
        from hybrid_adapters.registry._hub import upload

        place = upload(version, repository)
    else:
        Registry(target).take(version)
        place = str(Path(target) / version.manifest.name / str(version.manifest.version))
    return {"pushed": version.label, "to": place}


def _summary(registry: Registry, name: str, number: int) -> dict[str, Any]:
    label = f"{name}@{number}"
    known = {"label": label, "name": name, "version": number, "in_service": False}
    try:
        known["in_service"] = registry.current(name) == number
        manifest = registry.resolve(label).manifest
    except ModelFilesError as error:
        return {**known, "damage": str(error)}
    return {
        **known,
        "kind": manifest.kind,
        "base": manifest.base.name,
        "quantization": manifest.base.quantization,
        "rows": manifest.dataset.rows,
        "approved": manifest.dataset.approved,
        "created": manifest.created.isoformat(),
    }


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from _leaves(inner, f"{place}.{key}" if place else str(key))  # pyright: ignore[reportUnknownArgumentType]
    else:
        yield place, value
