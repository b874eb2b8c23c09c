"""Runs that end well, and runs that are killed, interrupted or out of disk: a whole adapter or none."""

from __future__ import annotations

import csv
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from training_samples import chat_rows, preference_rows, write_rows

from hybrid._toml import to_toml
from hybrid.errors import ConfigError, MissingExtraError, ModelFilesError, RowsError, StorageError, TrainingError
from hybrid_adapters.registry import Registry
from hybrid_adapters.training import Recipe, _watching
from hybrid_adapters.training.train import train

ROOT = Path(__file__).parents[3]
# Far enough from nothing for the effect proof.
RATE = 1e-2


def children(recipe: Path, registry: Path, cache: Path) -> subprocess.Popen[str]:
    paths = [str(ROOT), *(str(ROOT / each) for each in ("adapters", "indexes", "connectors"))]
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("run_recipe.py")), str(recipe), str(registry)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": ":".join(paths), "HYBRID_CACHE": str(cache), "OMP_NUM_THREADS": "1"},
    )


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    said, _ = process.communicate()
    assert process.returncode == 0, said
    _, resumed_at, digest = said.splitlines()[-1].split()
    return resumed_at, digest


def test_a_killed_run_goes_on_and_makes_the_same_weights_bit_by_bit(base: Path, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", chat_rows())
    recipe = tmp_path / "voice.toml"
    settings = {
        "name": "voice",
        "base": str(base),
        "rows": "rows.jsonl",
        "epochs": 3,
        "batch": 2,
        "learning_rate": RATE,
    }
    recipe.write_text(to_toml(settings), "utf-8")
    whole = children(recipe, tmp_path / "one", tmp_path / "cache-one")
    killed = children(recipe, tmp_path / "two", tmp_path / "cache-two")
    assert killed.stdout is not None
    for line in killed.stdout:
        if line.startswith("training 5 "):
            killed.send_signal(signal.SIGKILL)
            break
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert Registry(tmp_path / "two").names() == ()
    resumed_at, digest = ended(children(recipe, tmp_path / "two", tmp_path / "cache-two"))
    assert int(resumed_at) >= 3
    assert ended(whole) == ("0", digest)
    curves = [(tmp_path / each / "voice" / "1" / "training" / "loss.csv").read_text() for each in ("one", "two")]
    figures = [[row[:5] for row in csv.reader(text.splitlines())] for text in curves]
    assert figures[0] == figures[1]


def test_an_adapter_is_kept_with_everything_that_it_was_made_of(recipe: Callable[..., Recipe], tmp_path: Path) -> None:
    shown: list[Any] = []
    trained = train(recipe(learning_rate=RATE), tmp_path / "registry", announce=shown.append)
    assert trained.label == "voice@1"
    assert "6 rows, 2 held out" in shown[0].plain
    assert "tokens are learned" in shown[1].plain
    version = Registry(tmp_path / "registry").resolve("voice")
    manifest = version.manifest
    assert manifest.base.quantization == "nf4"
    assert manifest.recipe["learning_rate"] == RATE
    assert (manifest.dataset.rows, manifest.dataset.reviewers) == (8, ("kim",))
    assert manifest.evaluation is not None
    assert manifest.evaluation["after"]["loss"] < manifest.evaluation["before"]["loss"]
    assert manifest.evaluation["after"]["format_rows"] == 2
    papers = version.folder / "training"
    assert json.loads((papers / "masks.json").read_text())["holds"] is True
    assert ElementTree.parse(papers / "loss.svg").getroot().tag.endswith("svg")
    with (papers / "loss.csv").open(newline="") as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == list(range(1, trained.steps + 1))


def test_a_second_run_is_a_second_version_and_leaves_nothing_behind(recipe, tmp_path: Path, cache: Path) -> None:
    settings = recipe(preference_rows(), method="dpo", epochs=1, learning_rate=RATE)
    labels = [train(settings, tmp_path / "registry").label for _ in range(2)]
    assert labels == ["voice@1", "voice@2"]
    first, second = (tmp_path / "registry" / "voice" / each / "adapter_model.safetensors" for each in "12")
    assert first.read_bytes() == second.read_bytes()
    assert list(cache.iterdir()) == []


def test_an_interrupted_run_keeps_its_checkpoint(recipe, tmp_path: Path, monkeypatch, cache: Path) -> None:
    monkeypatch.setattr(_watching, "CHECKPOINT_SECONDS", 0.0)

    def stop(step: str, done: int, total: int | None) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe(learning_rate=RATE), tmp_path / "registry", progress=stop)
    assert Registry(tmp_path / "registry").names() == ()
    half = next(cache.iterdir()) / "checkpoint-9"
    half.mkdir()
    trained = train(recipe(learning_rate=RATE), tmp_path / "registry")
    assert trained.resumed_at == 2
    assert train(recipe(learning_rate=RATE), tmp_path / "registry", fresh=True).resumed_at == 0


def test_a_full_disk_is_named_and_nothing_half_is_kept(recipe, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_watching, "CHECKPOINT_SECONDS", 0.0)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(step: str, done: int, total: int | None) -> None:
        if done == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))

    try:
        with pytest.raises(StorageError, match="cannot write under .*; free some space"):
            train(recipe(learning_rate=RATE), tmp_path / "registry", progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert Registry(tmp_path / "registry").names() == ()
    trained = train(recipe(learning_rate=RATE), tmp_path / "registry")
    assert trained.resumed_at == 1


@pytest.mark.parametrize("method", ["full", "pretrain"])
def test_a_whole_model_is_a_base_for_the_next_recipe(recipe, tmp_path: Path, method: str) -> None:
    (tmp_path / "text.md").write_text("Refunds take five days. " * 200, "utf-8")
    first = recipe(method=method, output=tmp_path / "models" / "grown", epochs=1)
    if method == "pretrain":
        first = first.model_copy(update={"rows": tmp_path / "text.md"})
    made = train(first, tmp_path / "registry").label
    assert made == str(tmp_path / "models" / "grown")
    with pytest.raises(ConfigError, match="no model is overwritten"):
        train(first, tmp_path / "registry")
    assert train(recipe(base=made, learning_rate=RATE), tmp_path / "registry").label == "voice@1"


def test_a_base_that_is_not_causal_is_refused(recipe, base: Path, tmp_path: Path) -> None:
    import shutil

    other = Path(shutil.copytree(base, tmp_path / "other"))
    settings = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(settings | {"architectures": ["BertForMaskedLM"]}))
    with pytest.raises(ModelFilesError, match="BertForMaskedLM, which is no causal language model"):
        train(recipe(base=str(other)), tmp_path / "registry")


def test_rows_for_another_prompt_or_contract_are_refused(recipe, tmp_path: Path) -> None:
    rows = chat_rows()
    rows[1]["contract"] = "0" * 64
    with pytest.raises(RowsError, match="row 'row-1' was built for another contract than SupportReply"):
        train(recipe(rows), tmp_path / "registry")
    rows = chat_rows()
    rows[1]["messages"][-1]["content"] = '{"status":"answered"}'
    with pytest.raises(RowsError, match="row 'row-1': the model's reply breaks contract SupportReply at opening"):
        train(recipe(rows), tmp_path / "registry")


def test_two_processes_do_not_train_the_same(recipe, tmp_path: Path, cache: Path) -> None:
    inner: list[str] = []

    def again(step: str, done: int, total: int | None) -> None:
        if done == 1:
            with pytest.raises(TrainingError, match="another process trains this recipe") as error:
                train(recipe(learning_rate=RATE), tmp_path / "registry")
            inner.append(str(error.value))

    assert train(recipe(learning_rate=RATE), tmp_path / "registry", progress=again).label == "voice@1"
    assert len(inner) == 1
    assert list(cache.iterdir()) == []


def test_a_tracker_that_is_not_installed_is_named(recipe, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="needs the package mlflow"):
        train(recipe(report_to="mlflow"), tmp_path / "registry")
    with pytest.raises(MissingExtraError, match=r"pip install 'hybrid\[track\]'"):
        train(recipe(report_to="trackio"), tmp_path / "registry")


@pytest.mark.nightly
def test_losses_reach_a_tracker_on_this_machine(recipe, tmp_path: Path, monkeypatch) -> None:
    # It reads this when it is imported.
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    pytest.importorskip("trackio", reason="the extra 'track' brings it")
    train(recipe(report_to="trackio", learning_rate=RATE), tmp_path / "registry")
    assert (tmp_path / "trackio" / "hybrid.db").is_file()


def test_a_row_over_the_context_ends_before_anything_is_trained(recipe, tmp_path: Path, cache: Path) -> None:
    with pytest.raises(RowsError, match=r"row 'row-\d' has \d+ tokens and 64 fit"):
        train(recipe(max_length=64), tmp_path / "registry")
    assert not cache.exists()
