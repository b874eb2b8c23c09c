"""Putting an adapter's tensors into a network, and making sure that all of them arrived."""

from __future__ import annotations

import warnings
from typing import Any

from hybrid.errors import MissingExtraError, ModelFilesError
from hybrid_adapters.local.adapters import WEIGHTS, Adapter


def attached(network: Any, adapter: Adapter, inner: str) -> Any:
    """Return the network with one adapter more.

    Args:
        network: The base, or what the last call returned.
        adapter: Already checked.
        inner: Its name within PEFT.

    Raises:
        ModelFilesError: Its tensors do not fit.
    """
    try:
        from peft import PeftModel
    except ImportError:
        raise MissingExtraError(feature="an adapter", extra="local") from None
    loader: Any = PeftModel
    try:
        with warnings.catch_warnings():
            # PEFT only warns of missing tensors; they are compared below.
            warnings.simplefilter("ignore")
            if hasattr(network, "peft_config"):
                network.load_adapter(adapter.folder, adapter_name=inner, is_trainable=False)
            else:
                network = loader.from_pretrained(network, adapter.folder, adapter_name=inner, is_trainable=False)
    except (ValueError, RuntimeError, KeyError, TypeError):
        raise _unfit(adapter) from None
    _check_tensors(network, adapter, inner)
    return network.eval()


def _check_tensors(network: Any, adapter: Adapter, inner: str) -> None:
    import peft
    import safetensors.torch as safetensors

    held: Any = peft.get_peft_model_state_dict(network, adapter_name=inner)  # pyright: ignore[reportUnknownMemberType]
    stored = safetensors.load_file(adapter.folder / WEIGHTS)  # pyright: ignore[reportUnknownMemberType]
    if {key: held[key].shape for key in held} != {key: stored[key].shape for key in stored}:
        raise _unfit(adapter)


def _unfit(adapter: Adapter) -> ModelFilesError:
    return ModelFilesError(
        f"adapter {adapter.name!r} does not fit this base: its tensors have other names or sizes; load the base it was "
        "trained on"
    )
