"""What the tests of training share: a tokenizer, a base of a few thousand weights, and rows for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hybrid.answering.prompt import messages
from hybrid.answering.request import ReplyRequest
from hybrid.contract import Contract, SupportReply
from hybrid.types import Evidence, Passage, StageScores

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
SPECIAL = ["<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>"]
SUBJECTS = ("Refunds", "Parcels", "Plans", "Invoices", "Keys", "Boats")


def save_tokenizer(folder: Path, *, template: str | None = TEMPLATE, pad: str | None = "<|pad|>") -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=SPECIAL,
    )
    lines = [message["content"] for message in chat("Refunds", 3)]
    tokenizer.train_from_iterator(lines * 20, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token=pad)
    fast.chat_template = template
    fast.save_pretrained(folder)
    return fast


def save_base(folder: Path, *, context: int = 1024, seed: int = 0, **tokenizer: Any) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    made = save_tokenizer(folder, **tokenizer)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(made),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        bos_token_id=None,
        eos_token_id=made.eos_token_id,
        pad_token_id=made.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def chat(subject: str, number: int) -> list[dict[str, str]]:
    passage = Passage(
        document_id=f"docs:{subject}.md",
        uri=f"memory:{subject}",
        title=subject,
        version="v1",
        text="",
        start=0,
        end=0,
        lines=(1, 1),
        heading_path=(),
        scores=StageScores(fused=1.0),
    )
    evidence = Evidence(
        id=f"E{number}",
        passage=passage,
        text=f"{subject} take {number} days.",
        start=0,
        end=0,
        lines=(1, 1),
        score=1.0,
    )
    request = ReplyRequest(question=f"How long for {subject}?", evidence=(evidence,), contract=Contract(SupportReply))
    reply = {"status": "answered", "opening": "Gladly:", "evidence": [f"E{number}"], "closing": ""}
    return [
        *messages(request),
        {"role": "assistant", "content": json.dumps(reply, separators=(",", ":"), ensure_ascii=False)},
    ]


def chat_rows(count: int = 8, *, held_out: int = 2) -> list[dict[str, Any]]:
    return [
        {
            "id": f"row-{place}",
            "messages": chat(SUBJECTS[place % len(SUBJECTS)], place % 4 + 1),
            "decision": "approved",
            "era": "2026",
            "reviewer": "kim",
            "split": "held-out" if place < held_out else "train",
        }
        for place in range(count)
    ]


def preference_rows(count: int = 6) -> list[dict[str, Any]]:
    worse = json.dumps({"status": "refused", "opening": "", "evidence": [], "closing": ""}, separators=(",", ":"))
    return [
        {**row, "prompt": row["messages"][:-1], "chosen": row["messages"][-1]["content"], "rejected": worse}
        for row in chat_rows(count, held_out=0)
    ]


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path
