"""Putting an adapter's tensors into a network, and making sure that all of them arrived."""

from __future__ import annotations

import warnings
from typing import Any

from hybrid.errors import MissingExtraError, ModelFilesError
from hybrid_adapters.registry.files import AdapterFiles


def attached(network: Any, files: AdapterFiles, *, name: str, inner: str) -> Any:
    """Return the network with one adapter more.

    Args:
        network: The base, or what the last call returned.
        files: The adapter, checked; its folder is not read again, so that nobody can exchange it in between.
        name: What requests call it.
        inner: Its name within PEFT.

    Raises:
        ModelFilesError: Its tensors do not fit; the network is as it was.
    """
    try:
        import peft
    except ImportError:
        raise MissingExtraError(feature="an adapter", extra="local") from None
    library: Any = peft
    # Its tensors are read below; other beginnings would change the base, or draw random numbers.
    config = library.PeftConfig.from_peft_type(**files.settings | {"init_lora_weights": True, "inference_mode": True})
    first = not isinstance(network, peft.PeftModel)
    whole = network
    try:
        with warnings.catch_warnings():
            # PEFT only warns of missing tensors; they are compared below.
            warnings.simplefilter("ignore")
            if first:
                network = library.PeftModelForCausalLM(network, config, adapter_name=inner)
            else:
                network.add_adapter(inner, config)
            _fill(network, files, inner)
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError):
        if first:
            _strip(whole)
        else:
            detached(whole, inner)
        raise ModelFilesError(
            f"adapter {name!r} does not fit this base: its tensors have other names or sizes; load the base it was "
            "trained on"
        ) from None
    return network.eval()


def detached(network: Any, inner: str) -> Any:
    """Return the network with one adapter less; without any it is the base again."""
    others = network.peft_config.keys() - {inner}
    if not others:
        base = network.get_base_model()
        _strip(base)
        return base
    if inner in network.peft_config:
        network.delete_adapter(inner)
    return network


def _strip(base: Any) -> None:
    """Put back every layer that an adapter was put around."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    for place, module in list(base.named_modules()):
        if isinstance(module, BaseTunerLayer):
            parent, _, name = place.rpartition(".")
            setattr(base.get_submodule(parent), name, module.get_base_layer())
    if hasattr(base, "peft_config"):
        del base.peft_config


def _fill(network: Any, files: AdapterFiles, inner: str) -> None:
    import peft
    import safetensors.torch as safetensors
    import torch

    stored: Any = safetensors.load(files.weights)
    library: Any = peft
    library.set_peft_model_state_dict(network, dict(stored), adapter_name=inner)
    held = library.get_peft_model_state_dict(network, adapter_name=inner)
    if held.keys() != stored.keys():
        raise ValueError("missing or superfluous tensors")
    for key, tensor in stored.items():
        if not torch.equal(held[key].cpu(), tensor.to(held[key].dtype)):
            raise ValueError("a tensor that did not arrive")
