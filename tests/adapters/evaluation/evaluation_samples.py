"""What the tests of evaluations share."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hybrid.answering.prompt import messages
from hybrid.answering.request import ReplyRequest
from hybrid.contract import Contract, SupportReply
from hybrid_adapters.evaluation.records import EvaluatedRows, Figures, GateRecord, RowScore
from hybrid_adapters.evaluation.report import Evaluation
from hybrid_adapters.registry import Dataset, Registry
from hybrid_adapters.rows.row import ChatMessage, TrainingRow, load_rows, rows_text, rows_version

CONTRACT = Contract(SupportReply)
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def reply(place: int, **changes: Any) -> str:
    fields = {"status": "answered", "opening": "Sure!", "evidence": [f"E{1 + place % 2}"], "closing": "Bye."}
    return json.dumps(fields | changes, separators=(",", ":"))


def row(
    place: int, *, split: str, contract: Contract[Any] = CONTRACT, said: Callable[[int], str] = reply
) -> TrainingRow:
    request = ReplyRequest(question=f"How long is number {place}?", evidence=(), contract=contract)
    system, user = messages(request)
    shown = f"E1 | Times | It takes {place} days.\nE2 | Times | It costs {place} EUR."
    asked = user["content"].replace("(none)", shown)
    return TrainingRow(
        id=f"r-{place}",
        messages=[
            ChatMessage(role="system", content=system["content"]),
            ChatMessage(role="user", content=asked),
            ChatMessage(role="assistant", content=said(place)),
        ],
        example=f"r-{place}",
        documents=[],
        contract=contract.hash,
        prompt_hash="0",
        era="2026-06",
        reviewer="kim",
        decision="approved",
        split=split,  # type: ignore[arg-type]
    )


def rows_file(path: Path, *, held_out: int, training: int = 3) -> Path:
    made = [row(place, split="train" if place < training else "held-out") for place in range(training + held_out)]
    path.write_text(rows_text(made), "utf-8")
    return path


def bound_voice(root: Path, rows: Path, contract: Contract[Any] = CONTRACT) -> Path:
    """Make a base and a registry with two versions of a voice, the second in service."""
    from hybrid_adapters.local.binding import bind
    from hybrid_adapters.training.seen import row_digest, write_seen

    base = _save_base(root / "base")
    dataset = Dataset(version=rows_version(load_rows(rows)), rows=23, approved=23)
    registry = Registry(root / "registry")
    for seed in (1, 2):
        adapter = _save_adapter(root / f"adapter-{seed}", base, seed=seed)
        (adapter / "training").mkdir()
        seen = [row_digest(each.messages) for each in load_rows(rows) if each.split == "train"]
        write_seen(adapter / "training", seen)
        settings: dict[str, Any] = {"quantization": "fp32", "contract": contract, "recipe": {"rank": 4}, "seed": seed}
        registry.add(adapter, bind(adapter, name="voice", base=str(base), dataset=dataset, **settings))
    registry.put_in_service("voice", 2)
    return registry.folder


def _save_base(folder: Path) -> Path:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>"],
    )
    tokenizer.train_from_iterator([reply(1), "It takes some days. How long?"] * 20, trainer)
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
        num_key_value_heads=2,
        max_position_embeddings=4096,
        bos_token_id=None,
        eos_token_id=fast.eos_token_id,
        pad_token_id=fast.pad_token_id,
        initializer_range=0.3,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def _save_adapter(folder: Path, base: Path, *, seed: int) -> Path:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    network = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with warnings.catch_warnings():
        # PEFT asks transformers by a name that it has given up.
        warnings.simplefilter("ignore", FutureWarning)
        tuned = get_peft_model(
            network, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
        )
    with torch.no_grad():
        for name, weights in tuned.named_parameters():
            if "lora_B" in name:
                weights.normal_(std=0.5)
    tuned.save_pretrained(folder)
    return folder


def evaluation(registry: Registry, label: str, scores: dict[str, float], **changes: Any) -> Evaluation:
    """Return a report as if it had been measured: each arm's mean score over 40 rows."""
    per_row = {
        arm: {f"r-{at}": RowScore(score=float(at < round(40 * mean))) for at in range(40)}
        for arm, mean in scores.items()
    }
    arms = {
        arm: Figures(model="tiny", score=mean, interval=(0.0, 1.0), format_valid=1.0) for arm, mean in scores.items()
    }
    fields: dict[str, Any] = {
        "adapter": label,
        "weights_sha256": registry.resolve(label).manifest.weights_sha256,
        "created": datetime(2026, 6, 1, tzinfo=UTC),
        "rows": 40,
        "dataset": EvaluatedRows(name="rows.jsonl", version=hashlib.sha256(b"rows").hexdigest()),
        "score": scores["tuned"],
        "error_classes": {},
        "arms": arms,
        "in_service": None if registry.current("voice") is None else f"voice@{registry.current('voice')}",
        "per_row": per_row,
        "gate": GateRecord(passed=False, reasons=(), margin=0.02, gains={}),
    }
    return Evaluation(**fields | changes)
