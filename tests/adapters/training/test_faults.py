"""Faults of the libraries that silently ruin a run: each has a test that would have caught it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from training_samples import chat_rows, preference_rows

from hybrid.errors import TrainingError
from hybrid_adapters.local._loading import load
from hybrid_adapters.training import Recipe, _base
from hybrid_adapters.training._base import quiet_libraries, ready_for_training
from hybrid_adapters.training._fitting import Fitted, fit, new_trainer
from hybrid_adapters.training._held_out import held_out_loss
from hybrid_adapters.training._job import Job, job_of
from hybrid_adapters.training._masks import Labelled
from hybrid_adapters.training._run import Run
from hybrid_adapters.training._trainers import summed_loss

REPACKS = torch.cpu._is_avx512_bf16_supported()


@pytest.fixture(autouse=True)
def _quiet():
    with quiet_libraries():
        yield


def fitted(recipe: Recipe) -> tuple[Job, Any, Fitted]:
    job = job_of(recipe)
    run = Run(recipe, job.base, job.prepared.version)
    trainer = new_trainer(job, run.folder)
    return job, trainer, fit(trainer, job, run, lambda *_: None)


def adapter_weights(network: Any) -> dict[str, torch.Tensor]:
    return {name: each.detach().clone() for name, each in network.named_parameters() if "lora_" in name}


def gradients(network: Any, row: Labelled) -> dict[str, torch.Tensor]:
    network.zero_grad()
    summed_loss(network, {"input_ids": torch.tensor([row.tokens]), "labels": torch.tensor([row.labels])})[0].backward()
    return {name: each.grad.clone() for name, each in network.named_parameters() if each.grad is not None}


def test_measuring_between_steps_freezes_no_gradient(recipe: Callable[..., Recipe]) -> None:
    job, trainer, found = fitted(recipe(epochs=4, batch=6, learning_rate=1e-2))
    assert all(point.held_out is not None for point in found.points)
    assert len({point.loss for point in found.points}) == len(found.points) == 4
    before = gradients(trainer.model, job.prepared.rows[0])
    held_out_loss(trainer.model, job.prepared.held_out, 0)
    after = gradients(trainer.model, job.prepared.rows[0])
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(each.abs().max() > 0 for each in after.values())


@pytest.mark.skipif(not REPACKS, reason="only CPUs with AVX512_BF16 repack 4-bit weights")
def test_repacked_weights_end_the_training(recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_base, "ready_for_training", lambda network: None)
    job = job_of(recipe())
    held_out_loss(job.loaded.network, job.prepared.held_out, 0)
    run = Run(job.recipe, job.base, job.prepared.version)
    trainer = new_trainer(job, run.folder)
    with pytest.raises(TrainingError, match="bitsandbytes repacked .* no gradient passes through it"):
        fit(trainer, job, run, lambda *_: None)


@pytest.mark.parametrize("method", ["qlora", "lora", "dpo"])
def test_small_rates_move_every_weight(recipe, method: str) -> None:
    rows = preference_rows() if method == "dpo" else chat_rows(6, held_out=0)
    job = job_of(recipe(rows, method=method, learning_rate=1e-5, epochs=1, batch=2))
    run = Run(job.recipe, job.base, job.prepared.version)
    trainer = new_trainer(job, run.folder)
    before = adapter_weights(trainer.model)
    assert {each.dtype for each in before.values()} == {torch.float32}
    fit(trainer, job, run, lambda *_: None)
    # The first update moves B alone, since A's gradient is zero until B is not.
    moved = [(each != before[name]).float().mean() for name, each in adapter_weights(trainer.model).items()]
    assert min(moved) > 0.95


def test_the_seed_decides_the_first_weights_whatever_was_drawn_before(recipe) -> None:
    def first(draws: int, **settings: Any) -> dict[str, torch.Tensor]:
        torch.manual_seed(draws)
        torch.rand(draws)
        job = job_of(recipe(**settings))
        return adapter_weights(new_trainer(job, Path("unused")).model)

    one, two, other = first(1), first(2), first(1, seed=1)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_packed_rows_do_not_see_each_other(recipe) -> None:
    job = job_of(recipe(chat_rows(6, held_out=0), method="full", packing=True, output=Path("unused"), epochs=1))
    trainer = new_trainer(job, Path("unused"))
    batches = list(trainer.get_train_dataloader())
    assert len(trainer.train_dataset) < 6
    assert all("attention_mask" not in batch for batch in batches), "an all-ones mask switches the separation off"
    with torch.no_grad():
        packed = sum(float(summed_loss(trainer.model, batch)[0]) for batch in batches)
        alone = 0.0
        for row in job.prepared.rows:
            ids, labels = torch.tensor([row.tokens]), torch.tensor([row.labels])
            alone += float(summed_loss(trainer.model, {"input_ids": ids, "labels": labels})[0])
    assert packed == pytest.approx(alone, rel=1e-4)


def test_packing_that_would_cut_a_row_is_refused(recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    job = job_of(recipe(packing=True))
    cut = replace(job, schedule=replace(job.schedule, packed=max(job.prepared.lengths) - 1))
    with pytest.raises(TrainingError, match="the trainer changed .* proved rows"):
        new_trainer(cut, Path("unused"))


def test_an_adapter_does_on_a_fresh_base_what_it_did_in_training(recipe, tmp_path: Path) -> None:
    from peft import PeftModel

    job, trainer, found = fitted(recipe(learning_rate=1e-2))
    found.network.save_pretrained(tmp_path / "adapter")
    fresh = load(job.base, "nf4")
    ready_for_training(fresh.network)
    served = PeftModel.from_pretrained(fresh.network, tmp_path / "adapter").eval()
    rows = job.prepared.held_out
    trained = held_out_loss(found.network, rows, 1)
    assert held_out_loss(served, rows, 1) == pytest.approx(trained, rel=1e-4)
    with served.disable_adapter():
        assert held_out_loss(served, rows, 1) > trained + 0.01


def test_preferences_are_measured_against_the_base_and_leave_one_adapter(recipe, tmp_path: Path) -> None:
    _, _, found = fitted(recipe(preference_rows(), method="dpo", epochs=1))
    # Before the first update adapter and base are one: the loss of a coin.
    assert found.points[0].loss == pytest.approx(math.log(2), abs=1e-3)
    found.network.save_pretrained(tmp_path / "adapter")
    assert not [each for each in (tmp_path / "adapter").iterdir() if each.is_dir()]
    assert json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())["r"] == 4


def test_a_loss_that_is_no_number_ends_the_training(recipe) -> None:
    with pytest.raises(TrainingError, match="the loss is no number at update .*; lower learning_rate"):
        fitted(recipe(method="full", output=Path("unused"), learning_rate=1e30, epochs=8))


def test_the_loss_of_learned_tokens_is_the_loss_of_all_logits(recipe) -> None:
    job = job_of(recipe(method="full", output=Path("unused")))
    row = job.prepared.rows[0]
    inputs = {"input_ids": torch.tensor([row.tokens]), "labels": torch.tensor([row.labels])}
    summed, count = summed_loss(job.loaded.network, inputs)
    assert count == row.supervised
    assert float(summed) / count == pytest.approx(float(job.loaded.network(**inputs).loss), rel=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU: pages, checkpoints and packs")
def test_a_gpu_is_used_as_large_bases_need_it(recipe) -> None:
    job, trainer, found = fitted(recipe(chat_rows(24), learning_rate=1e-2, epochs=4))
    assert trainer.args.optim == "paged_adamw_32bit"
    assert trainer.args.gradient_checkpointing
    assert job.schedule.packed is not None
    assert found.points[-1].held_out < found.points[0].loss


def test_nothing_is_told_to_anybody(recipe) -> None:
    import os

    trainer = new_trainer(job_of(recipe()), Path("unused"))
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert trainer.args.report_to == []
    assert not trainer.args.push_to_hub
