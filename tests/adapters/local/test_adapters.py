"""Voices: another base's are refused, and none speaks in another's place."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from hybrid.errors import ModelError, ModelFilesError
from hybrid_adapters.local import Adapter, LocalModel


@pytest.fixture
def own(adapters: tuple[Adapter, ...], tmp_path: Path) -> Adapter:
    """An adapter whose folder a test may change."""
    return replace(adapters[0], folder=Path(shutil.copytree(adapters[0].folder, tmp_path / "own")))


def refused(folder: Path, adapter: Adapter, match: str) -> None:
    with pytest.raises(ModelFilesError, match=match) as error:
        LocalModel(str(folder), quantization="fp32", adapters=[adapter])
    assert "\n" not in str(error.value)


def changed(adapter: Adapter, **settings: object) -> Adapter:
    file = adapter.folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | settings), "utf-8")
    return adapter


def test_an_adapter_for_a_base_of_another_name_is_refused(folder: Path, own: Adapter) -> None:
    refused(folder, changed(own, base_model_name_or_path="meta-llama/Llama-3.2-1B"), "Llama-3.2-1B")


def test_an_adapter_for_a_base_of_other_sizes_is_refused(folder, make_model, make_adapter, tmp_path: Path) -> None:
    other = make_model(tmp_path / "other" / folder.name, hidden=32)
    refused(folder, Adapter(name="x", folder=make_adapter(tmp_path / "x", other, seed=1)), "other names or sizes")


def test_an_adapter_for_fewer_layers_is_refused(folder, make_model, make_adapter, tmp_path: Path) -> None:
    other = make_model(tmp_path / "other" / folder.name, layers=1)
    adapter = Adapter(name="x", folder=make_adapter(tmp_path / "x", other, seed=1))
    refused(folder, changed(adapter, target_modules=["q_proj", "up_proj"]), "other names or sizes")


def test_an_adapter_of_which_a_tensor_is_missing_is_refused(folder: Path, own: Adapter) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(own.folder / "adapter_model.safetensors")
    tensors.popitem()
    save_file(tensors, own.folder / "adapter_model.safetensors")
    refused(folder, own, "other names or sizes")


def test_an_adapter_that_holds_a_pickle_is_refused(folder: Path, own: Adapter) -> None:
    (own.folder / "training_args.bin").write_bytes(b"\x80\x04.")
    refused(folder, own, "training_args.bin")


def test_other_kinds_and_absent_files_are_refused(folder: Path, own: Adapter, tmp_path: Path) -> None:
    refused(folder, replace(own, folder=tmp_path / "nowhere"), "is no folder")
    refused(folder, changed(own, peft_type="PREFIX_TUNING"), "PREFIX_TUNING")
    (own.folder / "adapter_model.safetensors").unlink()
    refused(folder, own, "adapter_model.safetensors is missing")


def test_an_unknown_adapter_is_named(voices: LocalModel, ask) -> None:
    with pytest.raises(ModelError, match="'loud' is not loaded; loaded are: formal, formal.v2"):
        next(voices.reply(ask(adapter="loud")))


def test_each_voice_is_its_own(voices: LocalModel, ask, written) -> None:
    texts = {adapter: written(voices, ask(adapter=adapter)).text for adapter in (None, "formal", "formal.v2")}
    assert len(set(texts.values())) == len(texts)


def test_the_base_speaks_as_if_there_were_no_adapters(voices: LocalModel, model: LocalModel, ask, written) -> None:
    before = written(voices, ask(adapter="formal")).text
    assert written(voices, ask()).text == written(model, ask()).text
    assert written(voices, ask(adapter="formal")).text == before


def test_voices_from_many_threads_never_mix(voices: LocalModel, ask, written) -> None:
    requests = [
        ask(f"How long do {number} refunds take?", adapter=adapter)
        for number in range(6)
        for adapter in (None, "formal", "formal.v2")
    ]
    alone = [written(voices, request) for request in requests]
    with ThreadPoolExecutor(len(requests)) as pool:
        together = list(pool.map(lambda request: written(voices, request), requests))
    assert [replied.text for replied in together] == [replied.text for replied in alone]
    assert [replied.end for replied in together] == [replied.end for replied in alone]


def test_a_voice_that_cannot_share_a_batch_waits_for_its_own(folder, adapters, own: Adapter, ask, written) -> None:
    from safetensors.torch import load_file, save_file

    file = own.folder / "adapter_model.safetensors"
    tensors = load_file(file)
    norms = {
        key.replace("lora_A.weight", "lora_magnitude_vector"): tensors[key.replace("lora_A", "lora_B")].norm(dim=1) + 1
        for key in tensors
        if "lora_A" in key
    }
    save_file(tensors | norms, file)
    model = LocalModel(
        str(folder), quantization="fp32", adapters=[changed(own, use_dora=True), adapters[1]], reply_tokens=48
    )
    try:
        requests = [ask(adapter=adapter) for adapter in ("formal", "formal.v2", None) * 2]
        alone = [written(model, request).text for request in requests]
        with ThreadPoolExecutor(len(requests)) as pool:
            assert list(pool.map(lambda request: written(model, request).text, requests)) == alone
    finally:
        model.close()
    assert len(set(alone)) == 3
