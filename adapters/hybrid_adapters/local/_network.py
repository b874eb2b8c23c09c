"""The forward pass: a base model that speaks with one adapter, or with several in one batch."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hybrid_adapters.local._attaching import attached, detached
from hybrid_adapters.local._kv import fresh_cache
from hybrid_adapters.local._quickening import quicken
from hybrid_adapters.registry.files import AdapterFiles

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from transformers import DynamicCache, PreTrainedModel

_BASE = "__base__"
_UNKNOWN = ""


class Network:
    """A network that speaks with one adapter or with several in one batch; used by one thread alone.

    Adapters stay once they are attached. None is ever swapped for another in place: that fills an adapter whose name
    contains the other's with zeros (PEFT issue 3780).

    Args:
        network: The base.
    """

    def __init__(self, network: PreTrainedModel) -> None:
        self._inner: dict[str, str] = {}
        self._config = network.config
        self._some_logits = "logits_to_keep" in inspect.signature(network.forward).parameters
        self.device = network.device
        quicken(network)
        self._network: Any = network
        self._active: str | None = None
        self._attached = 0
        self._layers: list[Any] = []
        self.mixes = True
        """Whether rows of one batch may have different adapters."""

    def holds(self, adapter: str) -> bool:
        """Return whether an adapter is attached."""
        return adapter in self._inner

    def attach(self, name: str, files: AdapterFiles) -> None:
        """Add an adapter.

        Args:
            name: What requests call it.
            files: Its settings and tensors.

        Raises:
            ModelFilesError: Its tensors do not fit the base.
        """
        # PEFT allows no full stop in a name, and mixes up names that contain each other.
        inner = f"adapter_{self._attached:06d}"
        self._attached += 1
        self._active = _UNKNOWN
        self._network = attached(self._network, files, name=name, inner=inner)
        self._inner[name] = inner
        self._settle()

    def detach(self, name: str) -> None:
        """Remove an adapter."""
        self._active = _UNKNOWN
        self._network = detached(self._network, self._inner.pop(name))
        self._settle()

    def _settle(self) -> None:
        self._layers = _adapted_layers(self._network) if self._inner else []
        # DoRA's norms depend on the whole weight: PEFT cannot mix it within a batch.
        configs = self._network.peft_config.values() if self._inner else ()
        self.mixes = not any(config.use_dora for config in configs)

    def fresh_cache(self) -> DynamicCache:
        """Return an empty cache of the kind that the model's layers need."""
        return fresh_cache(self._config)

    def logits(
        self,
        tokens: Sequence[Sequence[int]],
        adapters: Sequence[str | None],
        cache: DynamicCache,
        *,
        positions: Sequence[Sequence[int]] | None = None,
        mask: torch.Tensor | None = None,
        last: int = 1,
    ) -> NDArray[np.float32]:
        """Return ``(rows, last, vocabulary)``: what each row may go on with after each of its last tokens.

        Args:
            tokens: As many in each row; the cache grows by them.
            adapters: Of each row; None is the base.
            cache: What the rows have read so far.
            positions: Of each token, where rows have empty places.
            mask: Which of all places are not empty, ``(rows, places)``.
            last: After how many tokens.
        """
        import torch

        arguments = self._adapter_arguments(adapters) | ({"logits_to_keep": last} if self._some_logits else {})
        if positions is not None:
            arguments["position_ids"] = torch.tensor(positions, device=self.device)
        with torch.inference_mode():
            found = self._network(
                input_ids=torch.tensor(tokens, device=self.device),
                attention_mask=mask,
                past_key_values=cache,
                use_cache=True,
                **arguments,
            )
            return found.logits[:, -last:].float().cpu().numpy()

    def trail(self, tokens: Sequence[int], adapter: str | None, last: int) -> NDArray[np.float32]:
        """Return ``(last, vocabulary)``: what could follow each of the last tokens of a text, read at once.

        Args:
            tokens: The text.
            adapter: With which it is read; None is the base.
            last: How many of its tokens.
        """
        import torch

        arguments = self._adapter_arguments([adapter]) | ({"logits_to_keep": last} if self._some_logits else {})
        with torch.inference_mode():
            found = self._network(input_ids=torch.tensor([tokens], device=self.device), use_cache=False, **arguments)
            return found.logits[0, -last:].float().cpu().numpy()

    def _adapter_arguments(self, names: Sequence[str | None]) -> dict[str, Any]:
        if not self._inner:
            return {}
        if len(set(names)) == 1:
            self._activate(names[0])
            return {}
        self._activate(next(name for name in names if name is not None))
        return {"adapter_names": [_BASE if name is None else self._inner[name] for name in names]}

    def _activate(self, name: str | None) -> None:
        """Let another voice speak, or none.

        PEFT's own call walks over every module and parameter to settle what is trained, which takes milliseconds and
        matters to nobody here; what a layer reads at a pass is these two fields.
        """
        if name == self._active:
            return
        for layer in self._layers:
            layer._disable_adapters = name is None
            if name is not None:
                layer._active_adapter = [self._inner[name]]
        self._active = name


def _adapted_layers(network: Any) -> list[Any]:
    from peft.tuners.tuners_utils import BaseTunerLayer

    return [module for module in network.modules() if isinstance(module, BaseTunerLayer)]
