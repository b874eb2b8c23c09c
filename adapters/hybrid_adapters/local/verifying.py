"""Whether the versions of a registry are what they were, and do what they did."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from hybrid.answering.assembly import contract_named
from hybrid.contract import Contract
from hybrid.errors import MissingExtraError, ModelError, ModelFilesError
from hybrid_adapters.local._files import model_folder
from hybrid_adapters.local._loading import fit_of, load
from hybrid_adapters.local._network import Network
from hybrid_adapters.local._prompts import Prompts
from hybrid_adapters.local._voices import Voices, bring
from hybrid_adapters.registry.files import bound_files
from hybrid_adapters.registry.fit import check_contract
from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.registry.version import Version

_Level = Literal["ok", "warning", "problem"]


def verified(folder: Path, name: str | None, base: str | None, contract: str) -> list[dict[str, str]]:
    """Return findings (``subject``, ``text``, ``level``, ``advice``) about versions.

    Args:
        folder: The registry.
        name: An adapter, or one version; None is all of them.
        base: Where the base is; None looks for it by its name.
        contract: What replies look like, as ``module:Class``.

    Raises:
        ModelFilesError: There is no such adapter.
    """
    registry = Registry(folder)
    if name is not None:
        labels = [registry.label(name)]
    else:
        labels = [f"{each}@{number}" for each in registry.names() for number in registry.numbers(each)]
    prover = _Prover(registry, base, contract_named(contract))
    return [finding for label in labels for finding in _findings(registry, label, prover)]


def _findings(registry: Registry, label: str, prover: _Prover) -> Iterator[dict[str, str]]:
    try:
        version = registry.resolve(label)
        bound_files(version.folder, version.manifest)
    except ModelFilesError as error:
        yield _finding(label, str(error), "problem")
        return
    yield _finding(label, "files are those that were bound")
    if version.manifest.kind == "voice":
        yield prover.finding(version)


class _Prover:
    def __init__(self, registry: Registry, base: str | None, contract: Contract[Any]) -> None:
        self._registry = registry
        self._base = base
        self._contract = contract
        # A base is loaded once for all of its adapters.
        self._loaded = lru_cache(maxsize=1)(self._load)

    def finding(self, version: Version) -> dict[str, str]:
        """Return what came out when an adapter was loaded into its base."""
        label, manifest = version.label, version.manifest
        base = self._base or manifest.base.name
        try:
            model_folder(base)
            check_contract(manifest, self._contract)
        except ModelFilesError as error:
            return _finding(label, f"effect not proved: {error}", "warning", "pass --base or --contract")
        try:
            voices, network = self._loaded(base, manifest.base.quantization)
            voice = voices.voice(label, self._contract)
            assert voice is not None
            bring(network, voice)
        except MissingExtraError as error:
            return _finding(label, f"effect not proved: {error}", "warning")
        except ModelError as error:
            return _finding(label, str(error), "problem")
        return _finding(label, "does what it did when it was bound")

    def _load(self, base: str, quantization: Any) -> tuple[Voices, Network]:
        folder = model_folder(base)
        loaded = load(folder, quantization)
        fit = fit_of(base, folder, quantization, loaded)
        prompts = Prompts(loaded.tokenizer, loaded.context)
        return Voices(base=base, prompts=prompts, registry=self._registry, fit=fit), Network(loaded.network)


def _finding(subject: str, text: str, level: _Level = "ok", advice: str = "") -> dict[str, str]:
    return {"subject": subject, "text": text, "level": level, "advice": advice}
