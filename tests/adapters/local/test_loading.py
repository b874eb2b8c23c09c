"""A folder in which anything could run is refused before anything of it is loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hybrid.config import AnswerSettings, Settings
from hybrid.contract import Contract, SupportReply
from hybrid.errors import ModelFilesError
from hybrid_adapters.local import LocalModel
from hybrid_adapters.local.model import from_settings


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def refused(folder: Path, match: str) -> None:
    with pytest.raises(ModelFilesError, match=match) as error:
        LocalModel(str(folder), quantization="fp32")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "weights.pt", "old/optimizer.PKL", "data.npy", "modeling_own.py", "fast.so"]
)
def test_what_could_run_is_refused_by_name(copy: Path, name: str) -> None:
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_bytes(b"\x80\x04.")
    refused(copy, name.rpartition("/")[2])


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "generation_config.json"])
def test_settings_that_name_code_are_refused(copy: Path, name: str) -> None:
    settings = json.loads((copy / name).read_text("utf-8"))
    settings["nested"] = [{"auto_map": {"AutoModelForCausalLM": "evil--modeling.Evil"}}]
    (copy / name).write_text(json.dumps(settings), "utf-8")
    refused(copy, f"{name} names code to run")


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("config.json", "config.json is missing"),
        ("model.safetensors", "holds no .*safetensors"),
        ("tokenizer.json", "tokenizer.json is missing"),
    ],
)
def test_an_incomplete_folder_is_refused(copy: Path, name: str, match: str) -> None:
    (copy / name).unlink()
    refused(copy, match)


@pytest.mark.parametrize("content", ["{", "[]", "\udce4"])
def test_settings_that_are_none_are_refused(copy: Path, content: str) -> None:
    (copy / "config.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    refused(copy, "config.json")


def test_damaged_weights_are_refused(copy: Path) -> None:
    (copy / "model.safetensors").write_bytes(b"\0" * 64)
    refused(copy, "cannot be loaded")


def test_weights_that_are_missing_are_refused(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(copy / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    refused(copy, "up_proj")


def test_another_architecture_is_refused(copy: Path) -> None:
    settings = json.loads((copy / "config.json").read_text("utf-8"))
    (copy / "config.json").write_text(json.dumps(settings | {"architectures": ["BertForMaskedLM"]}), "utf-8")
    refused(copy, "BertForMaskedLM")


@pytest.mark.parametrize(
    ("template", "match"),
    [
        (None, "no chat template"),
        ("{% for message in messages %}{{ message['content'] }}{% endfor %}", "no generation prompt"),
        ("{{ raise_exception('no system role') }}", "no system role"),
    ],
)
def test_a_template_that_cannot_ask_is_refused(make_tokenizer, copy: Path, template: str | None, match: str) -> None:
    (copy / "chat_template.jinja").unlink()
    make_tokenizer(copy, template=template)
    refused(copy, match)


def test_a_model_that_is_nowhere_is_not_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was asked"))
    refused(tmp_path / "nowhere", "neither a folder nor a model in the local Hugging Face cache")
    refused(Path("some/model"), "nothing is downloaded")


def test_a_quantised_model_is_not_taken_for_another_precision(copy: Path) -> None:
    settings = json.loads((copy / "config.json").read_text("utf-8"))
    settings["quantization_config"] = {"quant_method": "gptq", "bits": 4}
    (copy / "config.json").write_text(json.dumps(settings), "utf-8")
    refused(copy, "gptq")


@pytest.mark.parametrize("quantization", ["nf4", "bf16"])
def test_fewer_bits_keep_contracts_too(folder: Path, quantization: str, ask, written) -> None:
    pytest.importorskip("bitsandbytes")
    settings = Settings(answer=AnswerSettings(model=f"local:{folder}", quantization=quantization))
    model = from_settings(settings)
    try:
        replied = written(model, ask(temperature=1.0, seed=1))
    finally:
        model.close()
    assert Contract(SupportReply).parse(replied.text)
    assert replied.end.model == f"tiny-{quantization}"


def test_settings_without_a_folder_say_how_to_write_one() -> None:
    with pytest.raises(ModelFilesError, match="local:FOLDER"):
        from_settings(Settings(answer=AnswerSettings(model="local:")))


def test_the_bundled_model_has_a_name_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hybrid_adapters.local import _files

    monkeypatch.setattr(_files, "mini_folder", lambda: folder)
    model = LocalModel("hybrid-mini", quantization="fp32")
    model.close()
    assert model.name == "hybrid-mini-fp32"


def test_auto_is_the_bundled_model_where_it_can_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hybrid_adapters.mini as mini
    from hybrid import _plugins

    def absent() -> Path:
        raise ModelFilesError("no weights")

    monkeypatch.setattr(mini, "mini_folder", absent)
    assert _plugins.model_name("auto") == "extractive"
    monkeypatch.setattr(mini, "mini_folder", lambda: folder)
    assert _plugins.model_name("auto") == "local:hybrid-mini"
    monkeypatch.setattr(_plugins, "find_spec", lambda name: None if name == "peft" else object())
    assert _plugins.model_name("auto") == "extractive"
    assert _plugins.model_name("remote:x/y") == "remote:x/y"
