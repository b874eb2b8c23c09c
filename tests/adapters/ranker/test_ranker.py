"""The shipped ranker loads, does something, gives the same every time, and is refused when it is not itself."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hybrid.errors import ModelFilesError, StorageError
from hybrid_adapters.ranker import load_ranker
from hybrid_adapters.ranker._adapter import merged, read_adapter
from hybrid_adapters.ranker._base import attention_heads, base_folder, base_weights
from hybrid_adapters.registry import Registry, Version
from hybrid_adapters.registry.files import CONFIG, WEIGHTS
from hybrid_adapters.registry.manifest import MANIFEST, read_manifest

QUESTION = "When do I get my refund?"
ANSWER = "Refunds A refund arrives within 5 working days."
TEXTS = [ANSWER, "Refunds Who may ask for a refund is written in the contract.", "The office has a blue door.", ""]


def test_the_text_that_answers_scores_highest_and_above_none(ranker):
    scores = ranker.scores(QUESTION, TEXTS)
    assert scores.shape == (4,)
    assert scores.dtype == np.float32
    assert scores.argmax() == 0
    assert scores[0] > 0 > scores[2]


def test_a_score_depends_on_question_and_text_alone(ranker):
    alone = [ranker.scores(QUESTION, [text]).item() for text in TEXTS]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda _: ranker.scores(QUESTION, TEXTS[::-1]).tolist(), range(8)))
    assert all(each == alone[::-1] for each in together)
    assert load_ranker().scores(QUESTION, TEXTS).tolist() == alone


def test_nothing_to_score_gives_nothing(ranker):
    assert ranker.scores(QUESTION, []).shape == (0,)


def test_a_text_longer_than_the_model_reads_is_cut(ranker):
    long = ANSWER + " word" * 2000
    assert np.isfinite(ranker.scores(QUESTION, [long, "x" * 100_000])).all()


def test_the_adapter_changes_every_layer_and_nothing_that_the_base_lacks(shipped):
    base = base_weights(base_folder())
    changed = merged(base, read_adapter(shipped, base_folder()))
    different = {name for name, tensor in changed.items() if name in base and not np.array_equal(tensor, base[name])}
    assert {name.split(".")[2] for name in different} == {str(layer) for layer in range(6)}
    assert all(name.endswith(".weight") and "LayerNorm" not in name for name in different)
    assert changed.keys() - base.keys() == {"head.weight", "head.bias"}


def test_eight_bits_order_as_the_whole_weights_do(ranker, shipped, tmp_path):
    import onnx
    import onnxruntime

    from hybrid_adapters.ranker._graph import encoder_graph

    base = base_folder()
    weights = merged(base_weights(base), read_adapter(shipped, base))
    path = tmp_path / "whole.onnx"
    onnx.save(encoder_graph(weights, heads=attention_heads(base)), str(path))
    ids = ranker._tokenizer.encode(QUESTION, ANSWER)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    inputs = {"input_ids": np.array([ids.ids]), "token_type_ids": np.array([ids.type_ids])}
    whole = session.run(None, inputs)[0].item()
    assert ranker.scores(QUESTION, [ANSWER]).item() == pytest.approx(whole, abs=1.0)


def test_tampered_weights_are_refused(shipped, tmp_path):
    folder = shutil.copytree(shipped, tmp_path / "a")
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (folder / WEIGHTS).write_bytes(content)
    with pytest.raises(ModelFilesError, match="was changed after training"):
        load_ranker(folder)


def test_another_base_is_refused(shipped, tmp_path):
    folder = shutil.copytree(shipped, tmp_path / "a")
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    manifest["base"]["weights_sha256"] = "0" * 64
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ModelFilesError, match=r"was made for another base \(all-MiniLM-L6-v2\)"):
        load_ranker(folder)


def test_a_changed_setting_and_a_voice_are_refused(shipped, tmp_path):
    folder = shutil.copytree(shipped, tmp_path / "a")
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**manifest, "kind": "voice"}), "utf-8")
    with pytest.raises(ModelFilesError, match="holds a voice and no evidence ranker"):
        load_ranker(folder)
    (folder / CONFIG).write_text((folder / CONFIG).read_text("utf-8").replace("32.0", "64.0"), "utf-8")
    with pytest.raises(ModelFilesError, match=f"{CONFIG} has SHA-256"):
        load_ranker(folder)


def test_it_is_a_version_that_any_registry_takes(shipped, ranker, tmp_path):
    registry = Registry(tmp_path / "registry")
    assert registry.take(Version(folder=shipped, manifest=read_manifest(shipped))) == ranker.name == "evidence-ranker@1"
    kept = load_ranker(registry.resolve("evidence-ranker").folder)
    assert kept.scores(QUESTION, TEXTS).tolist() == ranker.scores(QUESTION, TEXTS).tolist()


@pytest.mark.parametrize("damage", ["no manifest", "no weights", "no JSON", "unknown field"])
def test_a_folder_that_holds_no_adapter_is_refused(shipped, tmp_path, damage):
    folder = shutil.copytree(shipped, tmp_path / "a")
    manifest = folder / MANIFEST
    match damage:
        case "no manifest":
            manifest.unlink()
        case "no weights":
            (folder / WEIGHTS).unlink()
        case "no JSON":
            manifest.write_text("{", "utf-8")
        case _:
            manifest.write_text(json.dumps({**json.loads(manifest.read_text("utf-8")), "code": "x"}), "utf-8")
    with pytest.raises(ModelFilesError, match="is missing|is no manifest"):
        load_ranker(folder)


def test_a_cache_that_cannot_be_written_is_named(shipped, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "file"))
    with pytest.raises(StorageError, match="HYBRID_CACHE"):
        load_ranker(shipped)
