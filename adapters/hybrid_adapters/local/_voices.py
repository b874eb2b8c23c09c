"""Which adapter a name means, and whether it may speak: checked when it is first asked for, kept from then on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hybrid.contract import Contract
from hybrid.errors import ModelError
from hybrid_adapters.local._network import Network
from hybrid_adapters.local._probe import probe_prompt, prove
from hybrid_adapters.local._prompts import Prompt, Prompts
from hybrid_adapters.local.adapters import Adapter, adapter_files
from hybrid_adapters.registry.fit import Fit, check_contract, check_fit, check_prompt
from hybrid_adapters.registry.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Voice:
    """An adapter that passed every check that needs no network."""

    adapter: Adapter
    """The adapter."""

    base: str
    """Name or folder of the base."""

    mixes: bool
    """Whether it may share a batch with others."""

    probe: Prompt | None = None
    """What its effect is proved with; None where it is trusted as it is."""


class Voices:
    """The adapters that requests may name. Any number of threads may use it.

    Which version is in service is looked up at each question, so a rollback holds from the next question on.

    Args:
        base: Name or folder of the base.
        prompts: Of the base.
        adapters: Trusted as they are.
        registry: Where all others are.
        fit: What the base is; needed where there is a registry.
    """

    def __init__(
        self,
        *,
        base: str,
        prompts: Prompts,
        adapters: Sequence[Adapter] = (),
        registry: Registry | None = None,
        fit: Fit | None = None,
    ) -> None:
        self._base = base
        self._prompts = prompts
        self._registry = registry
        self._fit = fit
        self._known = {adapter.name: self._trusted(adapter) for adapter in adapters}

    @property
    def trusted(self) -> tuple[Voice, ...]:
        """Those that were named by hand."""
        return tuple(voice for voice in self._known.values() if voice.probe is None)

    @property
    def names(self) -> tuple[str, ...]:
        """Those that were named by hand, then those of the registry that have a version in service."""
        named = [voice.adapter.name for voice in self.trusted]
        registry = self._registry
        kept = () if registry is None else (name for name in registry.names() if registry.current(name) is not None)
        return tuple(dict.fromkeys((*named, *kept)))

    def voice(self, name: str | None, contract: Contract[Any]) -> Voice | None:
        """Return what a request speaks with; None is the base.

        Args:
            name: An adapter, with its version or without.
            contract: What the reply must look like.

        Raises:
            ModelFilesError: The adapter is not there, or was made for another base, prompt or contract.
            ModelError: There is no registry to look it up in.
        """
        if name is None or name in self._known:
            return self._fitting(None if name is None else self._known[name], contract)
        if self._registry is None:
            known = ", ".join(sorted(self._known)) or "none"
            raise ModelError(f"adapter {name!r} is not loaded; loaded are: {known}")
        label = self._registry.label(name)
        if label not in self._known:
            self._known[label] = self._checked(Adapter.of(self._registry.resolve(label)), contract)
        return self._fitting(self._known[label], contract)

    def _trusted(self, adapter: Adapter) -> Voice:
        settings = adapter_files(adapter, self._base).settings
        return Voice(adapter=adapter, base=self._base, mixes=not settings.get("use_dora"))

    def _checked(self, adapter: Adapter, contract: Contract[Any]) -> Voice:
        manifest, settings = adapter.manifest, adapter_files(adapter, self._base).settings
        assert manifest is not None
        assert self._fit is not None
        check_contract(manifest, contract)
        check_fit(manifest, self._fit)
        probe = probe_prompt(self._prompts, contract, instructions=adapter.instructions, distilled=adapter.distilled)
        check_prompt(manifest, probe.hash)
        return Voice(adapter=adapter, base=self._base, mixes=not settings.get("use_dora"), probe=probe)

    def _fitting(self, voice: Voice | None, contract: Contract[Any]) -> Voice | None:
        if voice is not None and voice.adapter.manifest is not None:
            check_contract(voice.adapter.manifest, contract)
        return voice


def bring(network: Network, voice: Voice) -> None:
    """Attach a voice, unless it is there already, and prove that it works; for the thread that owns the network.

    Raises:
        ModelFilesError: Its files were changed, do not fit, or do not do what they did when they were bound.
    """
    adapter = voice.adapter
    if network.holds(adapter.name):
        return
    network.attach(adapter.name, adapter_files(adapter, voice.base))
    if adapter.manifest is None or voice.probe is None:
        return
    try:
        prove(network, adapter.name, adapter.manifest, voice.probe)
    except BaseException:
        network.detach(adapter.name)
        raise
