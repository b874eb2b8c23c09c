"""How weights are held, and the paths of bitsandbytes that are safe on this machine."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hybrid.errors import MissingExtraError, ModelFilesError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from hybrid_adapters.local._loading import Quantization

_BLOCK = 64
_REPACKED_ROWS = 32


def load_options(folder: Path, settings: dict[str, Any], quantization: Quantization) -> dict[str, Any]:
    """Return the arguments of ``from_pretrained`` for a precision and this machine's device.

    Raises:
        ModelFilesError: The folder's weights are quantised in another way than was asked for.
        MissingExtraError: bitsandbytes is not installed.
    """
    import torch

    stored: dict[str, Any] | None = settings.get("quantization_config")
    if stored is not None and (quantization != "nf4" or not stored.get("load_in_4bit")):
        raise ModelFilesError(
            f"{folder / 'config.json'} says its weights are quantised ({stored.get('quant_method')}), which is not "
            f'{quantization}; only 4 bits of bitsandbytes are read, with quantization = "nf4"'
        )
    if quantization == "nf4":
        import_bitsandbytes()
    dtype = torch.float32 if quantization == "fp32" else torch.bfloat16
    options: dict[str, Any] = {"dtype": dtype}
    if torch.cuda.is_available():
        options["device_map"] = {"": "cuda"}
    if quantization == "nf4" and stored is None:
        options["quantization_config"] = _nf4(dtype)
    return options


def ready_for_inference(network: PreTrainedModel) -> None:
    """Put a model into evaluation mode and keep bitsandbytes from repacking layers that it cannot.

    On CPUs with AVX512_BF16, bitsandbytes 0.50 repacks 4-bit weights in place at the first forward pass: five times
    faster, but it fails on layers whose sizes are no multiples of its blocks, and the weights can be neither trained
    nor merged afterwards. This model does neither.
    """
    network.eval()
    network.requires_grad_(False)
    for module in network.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            layer: Any = module
            fits = layer.in_features % _BLOCK == 0 and layer.out_features % _REPACKED_ROWS == 0
            layer.support_avx512bf16_for_cpu = layer.support_avx512bf16_for_cpu and fits


def import_bitsandbytes() -> None:
    """Import bitsandbytes without the network.

    On CPUs with AVX512_BF16 its import fetches machine code from a model hub where the package ``kernels`` is
    installed, and else logs that it could not. Nothing is fetched here, and the code that it has is enough.

    Raises:
        MissingExtraError: It is not installed.
    """
    log = logging.getLogger("bitsandbytes")
    level, kernels = log.level, sys.modules.get("kernels")
    log.setLevel(logging.ERROR)
    sys.modules["kernels"] = None  # type: ignore[assignment]  # makes its import fail
    try:
        import bitsandbytes as _  # noqa: F401
    except ImportError:
        raise MissingExtraError(feature='quantization = "nf4"', extra="local") from None
    finally:
        log.setLevel(level)
        del sys.modules["kernels"]
        if kernels is not None:
            sys.modules["kernels"] = kernels


def _nf4(dtype: Any) -> Any:
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )
