"""What makes a network faster changes nothing that it says."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("bitsandbytes")

from hybrid_adapters.local import _quickening  # noqa: E402
from hybrid_adapters.local._attention import attended  # noqa: E402
from hybrid_adapters.local._loading import load  # noqa: E402
from hybrid_adapters.local._network import Network  # noqa: E402


@pytest.mark.parametrize("before", [0, 3, 200])
@pytest.mark.parametrize("tokens", [1, 95, 96, 97, 250])
def test_blocks_attend_to_what_a_mask_admits(tokens: int, before: int) -> None:
    torch.manual_seed(0)
    places = before + tokens
    query, key, value = (torch.randn(2, 3, size, 16) for size in (tokens, places, places))
    mask = torch.ones(tokens, places, dtype=torch.bool).tril(before)
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=0.2)
    assert torch.allclose(attended(query, key, value, 0.2), expected, atol=1e-5)


def test_a_quick_network_reads_what_the_loaded_one_reads(folder: Path) -> None:
    tokens = list(range(5, 305))
    with torch.inference_mode():
        slow = load(folder, "fp32").network(torch.tensor([tokens])).logits[0, -40:]
    quick = Network(load(folder, "fp32").network)
    cache = quick.fresh_cache()
    quick.logits([tokens[:100]], [None], cache)
    quick.logits([tokens[100:260]], [None], cache)
    assert torch.allclose(torch.from_numpy(quick.logits([tokens[260:]], [None], cache, last=40)[0]), slow, atol=1e-4)


def test_rows_of_different_length_read_as_they_do_alone(folder: Path) -> None:
    quick = Network(load(folder, "fp32").network)
    tokens = list(range(5, 105))
    alone = quick.logits([tokens], [None], quick.fresh_cache())
    mask = torch.ones(2, 100, dtype=torch.bool)
    mask[1, :60] = False
    padded = quick.logits(
        [tokens, [0] * 60 + tokens[:40]],
        [None, None],
        quick.fresh_cache(),
        positions=[range(100), [*([0] * 60), *range(40)]],
        mask=mask,
    )
    short = quick.logits([tokens[:40]], [None], quick.fresh_cache())
    assert torch.allclose(torch.from_numpy(padded[0]), torch.from_numpy(alone[0]), atol=1e-4)
    assert torch.allclose(torch.from_numpy(padded[1]), torch.from_numpy(short[0]), atol=1e-4)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU reads 4-bit weights as they are")
def test_small_weights_in_4_bits_are_held_unpacked_and_large_ones_are_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bitsandbytes.functional import dequantize_4bit

    packed = load(folder, "nf4").network
    layer = packed.model.layers[0].mlp.down_proj
    expected = dequantize_4bit(layer.weight.data, layer.weight.quant_state)
    unpacked = load(folder, "nf4").network
    _quickening.quicken(unpacked)
    held = unpacked.model.layers[0].mlp.down_proj
    assert type(held) is torch.nn.Linear
    assert torch.equal(held.weight, expected)
    monkeypatch.setattr(_quickening, "_LARGEST", 0)
    _quickening.quicken(packed)
    assert packed.model.layers[0].mlp.down_proj is layer
