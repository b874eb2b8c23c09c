"""TRL's trainers, given rows that are proved already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from datasets import Dataset  # pyright: ignore[reportMissingTypeStubs]
from peft import LoraConfig
from torch.nn.functional import cross_entropy
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from hybrid_adapters.training._masks import IGNORED, Labelled
from hybrid_adapters.training._schedule import Schedule, order_of
from hybrid_adapters.training.proof import check_unchanged
from hybrid_adapters.training.recipe import Recipe

if TYPE_CHECKING:
    from hybrid_adapters.local._loading import Loaded

_KEPT = 2


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A preference: one prompt with two replies."""

    chosen: Labelled
    """With the better reply."""

    rejected: Labelled
    """With the worse reply."""


class SupervisedTrainer(SFTTrainer):
    """TRL's trainer, without logits that nobody asks for.

    On CPUs TRL scores every position of a row. A reply is a small part of one: leaving out the others saves a fifth of
    the time on a base of 7 M parameters (one core, rows of 900 tokens, 60 of them learned).
    """

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the mean loss of the learned tokens."""
        if return_outputs or inputs["labels"].device.type != "cpu":
            theirs: Any = super()
            return theirs.compute_loss(model, inputs, return_outputs, num_items_in_batch)
        summed, count = summed_loss(model, inputs)
        return summed / (count if num_items_in_batch is None else num_items_in_batch)


class PreferenceTrainer(DPOTrainer):
    """TRL's trainer, given tokens instead of text."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


def summed_loss(model: Any, inputs: Any) -> tuple[torch.Tensor, int]:
    """Return the loss summed over the learned tokens of a batch, and their number.

    Args:
        model: With or without an adapter.
        inputs: As TRL's collator makes them.
    """
    bare = model.get_base_model() if hasattr(model, "get_base_model") else model
    read = {name: value for name, value in inputs.items() if name in ("input_ids", "attention_mask", "position_ids")}
    hidden = bare.base_model(**read, use_cache=False).last_hidden_state[:, :-1]
    wanted = inputs["labels"][:, 1:]
    learned = wanted != IGNORED
    logits = bare.get_output_embeddings()(hidden[learned]).float()
    return cross_entropy(logits, wanted[learned], reduction="sum"), int(learned.sum())


def supervised_trainer(
    recipe: Recipe, loaded: Loaded, rows: Sequence[Labelled], schedule: Schedule, folder: Path
) -> Any:
    """Return a trainer of rows, and with it a new adapter where the recipe asks for one.

    Raises:
        TrainingError: The trainer cut, dropped or relabelled rows that had been proved.
    """
    order = _order(rows, schedule, recipe)
    table = {"input_ids": [list(row.tokens) for row in rows], "labels": [list(row.labels) for row in rows]}
    settings = SFTConfig(
        **_arguments(recipe, schedule, folder),
        # A limit where none is needed could only cut.
        max_length=schedule.packed,
        packing=schedule.packed is not None,
        packing_strategy="bfd",
        num_train_epochs=schedule.epochs if schedule.packed else 1,
    )
    trainer: Any = SupervisedTrainer(
        model=loaded.network,
        args=settings,
        train_dataset=_table(table, order),
        processing_class=loaded.tokenizer,
        peft_config=None if recipe.makes_model else _adapter(recipe),
    )
    check_unchanged([rows[place] for place in order], _held_rows(trainer.train_dataset))
    return _finished(trainer)


def preference_trainer(recipe: Recipe, loaded: Loaded, pairs: Sequence[Pair], schedule: Schedule, folder: Path) -> Any:
    """Return a trainer of preferences, with a new adapter; the base without it is the reference."""
    order = _order([pair.chosen for pair in pairs], schedule, recipe)
    table = {
        "prompt_ids": [list(pair.chosen.tokens[: pair.chosen.prompt]) for pair in pairs],
        "chosen_ids": [list(pair.chosen.tokens[pair.chosen.prompt :]) for pair in pairs],
        "rejected_ids": [list(pair.rejected.tokens[pair.rejected.prompt :]) for pair in pairs],
    }
    settings = DPOConfig(**_arguments(recipe, schedule, folder), beta=recipe.beta, max_length=None, num_train_epochs=1)
    trainer = PreferenceTrainer(
        model=loaded.network,
        args=settings,
        train_dataset=_table(table, order),
        processing_class=loaded.tokenizer,
        peft_config=_adapter(recipe),
    )
    return _finished(trainer)


def _held_rows(dataset: Any) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Yield tokens and labels of every row that a trainer holds, packed ones one by one."""
    for row in dataset:
        at = 0
        for length in row.get("seq_lengths") or [len(row["input_ids"])]:
            yield row["input_ids"][at : at + length], row["labels"][at : at + length]
            at += length


def mixed_precision() -> bool:
    """Return whether this machine multiplies 16-bit numbers faster than 32-bit ones."""
    return torch.cuda.is_available() or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _order(rows: Sequence[Labelled], schedule: Schedule, recipe: Recipe) -> list[int]:
    if schedule.packed:
        # What is packed together stays so; the sequences are drawn anew for each epoch.
        return list(range(len(rows)))
    return order_of([len(row.tokens) for row in rows], schedule, recipe.seed)


def _table(columns: dict[str, list[list[int]]], order: Sequence[int]) -> Any:
    table: Any = Dataset
    return table.from_dict(columns).select(order)


def _adapter(recipe: Recipe) -> LoraConfig:
    return LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules="all-linear", task_type="CAUSAL_LM")


def _arguments(recipe: Recipe, schedule: Schedule, folder: Path) -> dict[str, Any]:
    cuda = torch.cuda.is_available()
    return {
        "output_dir": str(folder),
        "use_cpu": not cuda,
        "bf16": mixed_precision(),
        "optim": "paged_adamw_32bit" if cuda else "adamw_torch",
        "gradient_checkpointing": cuda,
        "per_device_train_batch_size": schedule.at_once,
        "gradient_accumulation_steps": schedule.accumulated,
        "learning_rate": schedule.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.05,
        "train_sampling_strategy": "random" if schedule.packed else "sequential",
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        # Checkpoints are asked for by the clock: see Watch.
        "save_strategy": "no",
        "save_total_limit": _KEPT,
        "report_to": recipe.report_to,
        "project": "hybrid",
        "run_name": recipe.name,
        "disable_tqdm": True,
    }


def _finished(trainer: Any) -> Any:
    # TRL holds the adapter of a 4-bit base in bfloat16, in which small updates are rounded away (trl issue 7268).
    for weights in trainer.model.parameters():
        if weights.requires_grad:
            weights.data = weights.data.float()
    return trainer
