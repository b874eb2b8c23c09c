"""What makes a network read faster on CPUs and changes none of its weights' values."""

from __future__ import annotations

from typing import Any

# Bytes in 16 bits. What stays in a CPU's cache costs nothing to read again; four times the bytes from memory would.
_LARGEST = 2**26


def quicken(network: Any) -> None:
    """Prepare a loaded network for serving; it cannot be trained afterwards."""
    if network.device.type == "cpu":
        from hybrid_adapters.local._attention import use_blocks

        _unpack(network)
        use_blocks(network)
        network.get_output_embeddings().register_forward_pre_hook(_evenly_spaced)


def _unpack(network: Any) -> None:
    """Hold the values of a small network's 4-bit weights in the 16 bits that they are computed in.

    bitsandbytes unpacks each weight anew at every pass; reading a prompt takes a third less time without (5 to 117
    million weights, one core). Larger networks keep their 4 bits: a pass of few tokens reads all weights from memory.
    """
    import torch

    packed = {name: module for name, module in network.named_modules() if _is_packed(module)}
    if 2 * sum(module.in_features * module.out_features for module in packed.values()) > _LARGEST:
        return
    for name, module in packed.items():
        with torch.device("meta"):
            plain = torch.nn.Linear(module.in_features, module.out_features, bias=False)
        plain.weight = torch.nn.Parameter(_values(module), requires_grad=False)
        plain.bias = module.bias
        network.set_submodule(name, plain.eval())


def _is_packed(module: Any) -> bool:
    # By its name, because importing bitsandbytes takes a second, and who has such a layer has imported it.
    return type(module).__name__ == "Linear4bit" and type(module).__module__.startswith("bitsandbytes")


def _values(module: Any) -> Any:
    import bitsandbytes

    library: Any = bitsandbytes
    return library.functional.dequantize_4bit(module.weight.data, module.weight.quant_state)


def _evenly_spaced(_: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the last tokens' vectors as one matrix would hold them.

    They are cut out of a longer sequence, and PyTorch multiplies what is spaced unevenly by a copy of the whole matrix.
    """
    vectors, *others = arguments
    return (vectors.reshape(-1, vectors.shape[-1]).view(vectors.shape), *others)
