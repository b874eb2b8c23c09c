"""Examples about the sample's documents, and a model of a few thousand weights that reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybrid.pipeline import Pipeline
from hybrid_adapters.rows.build import BuildOptions, Built, build_rows
from hybrid_adapters.rows.example import Placed, load_examples
from hybrid_adapters.rows.reading import AnyReader, Reader

CONTRACT = "hybrid.contract:SupportReply"
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def example(name: str, question: str, *quotes: tuple[str, str], status: str = "", **more: Any) -> dict[str, Any]:
    """Return an approved example; without quotes it refuses."""
    said = status or ("answered" if quotes else "refused")
    reply = {
        "status": said,
        "opening": {"answered": "Here you go:", "refused": "Sorry!", "clarify": "Which one?"}[said],
        "evidence": [{"document": document, "quote": quote} for document, quote in quotes],
        "closing": "Bye." if said == "answered" else "",
    }
    asking = {"user": None, "groups": more.pop("groups", [])}
    fields = {"era": "2026-06", "author": "ana", "reviewer": "ben", "decision": "approved", "tags": []}
    return {"id": name, "question": question, "as": asking, "reply": reply, **fields, **more}


INVITATION = example(
    "invitation",
    "How long is an invitation to a new user valid?",
    ("help/users-and-roles.md", "**expires after 7 days**"),
)
PORTS = example(
    "ports",
    "Which ports does the Heron gateway need open in the firewall?",
    ("network-requirements", "| Readings and commands | `mqtt.poolwright.example` | TCP 8883, MQTT over TLS |"),
)
BUFFERS = example(
    "buffers",
    "How often does the pH of a Reed-4 have to be calibrated?",
    ("help/probe-calibration.md", "pH | every 30 days | buffers 7.00 and 9.21"),
)
SLOPE = example(
    "slope",
    "what slope is accepted when calibrating pH",
    ("help/probe-calibration.md", "52 to 60 mV per pH unit is accepted."),
)
ESCALATION = example(
    "second-line",
    "How much credit may a support agent give as goodwill?",
    ("internal/support/discounts-and-goodwill.md", "goodwill"),
    groups=["support"],
)
MOON = example("moon", "Do you also clean swimming pools on the moon?")
WHICH = example("which", "How much does the plan cost?", status="clarify")
EXAMPLES = (INVITATION, PORTS, BUFFERS, SLOPE, MOON, WHICH)


def write_examples(path: Path, *examples: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in examples), "utf-8")
    return path


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Builds rows of examples with a pipeline."""

    pipeline: Pipeline
    folder: Path

    def placed(self, *examples: dict[str, Any]) -> list[Placed]:
        return load_examples([write_examples(self.folder / "examples.jsonl", *examples)])

    def build(self, *examples: dict[str, Any], reader: Reader | None = None, **options: Any) -> Built:
        return build_rows(
            self.pipeline,
            self.placed(*(examples or EXAMPLES)),
            reader=reader or AnyReader(),
            contract=CONTRACT,
            options=BuildOptions(**{"held_out": 0.0, **options}),
        )


def save_model(folder: Path, *, context: int) -> Path:
    """Save a tiny causal model with a chat template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>"],
    )
    tokenizer.train_from_iterator([json.dumps(each) for each in EXAMPLES] * 5, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|pad|>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=context,
        bos_token_id=None,
        eos_token_id=fast.eos_token_id,
        pad_token_id=fast.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
