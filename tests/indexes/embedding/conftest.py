"""Tiny sentence-transformers models with random weights, saved as users' models are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

_WORDS = "the plan cost ten euro a month refund invoice key wait day backup table row pump bolt query passage : , . # |"


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder in which no model has been converted yet."""
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def save_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Save a tiny model and return its folder."""

    def save(*, pooling: str = "mean", prompts: dict[str, str] | None = None, causal: bool = False) -> Path:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

        base = _save_transformer(tmp_path_factory.mktemp("transformer"), causal=causal)
        transformer = Transformer(str(base), max_seq_length=32)
        modules = [transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)]
        folder = tmp_path_factory.mktemp("model") / "tiny"
        SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder), create_model_card=False)
        return folder

    return save


@pytest.fixture(scope="session")
def tiny_model(save_model: Callable[..., Path]) -> Path:
    """An encoder of two layers with mean pooling, as most models are."""
    return save_model()


def _save_transformer(folder: Path, *, causal: bool) -> Path:
    import torch
    from transformers import BertConfig, BertModel, LlamaConfig, LlamaModel, PreTrainedTokenizerFast

    torch.manual_seed(1)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(_save_tokenizer(folder)), unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]"
    )
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    limits = {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "initializer_range": 0.2}
    model = LlamaModel(LlamaConfig(**sizes, **limits)) if causal else BertModel(BertConfig(**sizes, **limits))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _save_tokenizer(folder: Path) -> Path:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    pieces = [
        *"abcdefghijklmnopqrstuvwxyz0123456789",
        *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz0123456789"),
    ]
    entries = ["[PAD]", "[UNK]", "[CLS]", *dict.fromkeys([*pieces, *_WORDS.split()])]
    tokenizer = Tokenizer(models.WordPiece({entry: number for number, entry in enumerate(entries)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 2)])
    path = folder / "source-tokenizer.json"
    path.write_text(json.dumps(json.loads(tokenizer.to_str())), "utf-8")
    return path
