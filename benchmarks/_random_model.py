"""A causal model of the size of a small shipped one, with a real tokenizer and weights that nobody trained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.data import REPOSITORY

_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
_SAMPLE = REPOSITORY / "examples" / "support_bot"
_VOCABULARY = 8_192
_CONTEXT = 4_096


def save_random_model(folder: Path, *, small: bool) -> None:
    """Save a Llama of 124 M parameters, or a small one to see that a benchmark runs."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_object=_trained(), eos_token="<|end|>", pad_token="<|pad|>")
    tokenizer.chat_template = _TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64 if small else 896,
        intermediate_size=128 if small else 2_432,
        num_hidden_layers=2 if small else 12,
        num_attention_heads=2 if small else 14,
        num_key_value_heads=2,
        max_position_embeddings=_CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        # Logits far enough apart that rounding turns no choice: both ways must write the same.
        initializer_range=0.1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


def questions() -> list[tuple[str, str]]:
    """Return the sample's answerable questions, each with the Markdown document that answers it."""
    lines = (_SAMPLE / "golden.jsonl").read_text("utf-8").splitlines()
    golden = [json.loads(line) for line in lines]
    found = [(each["question"], each["relevant"][0]["document"]) for each in golden if each["answerable"]]
    return [(question, document) for question, document in found if document.endswith(".md")]


def paragraphs(document: str = "**/*.md") -> Iterator[str]:
    """Yield the paragraphs of the sample's documents, or of one of them."""
    for file in sorted((_SAMPLE / "docs").glob(document)):
        yield from file.read_text("utf-8").split("\n\n")


def _trained():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>"],
    )
    code = (file.read_text("utf-8") for file in sorted((REPOSITORY / "hybrid").rglob("*.py")))
    tokenizer.train_from_iterator([*paragraphs(), *code], trainer)
    return tokenizer
