"""Voices of a registry: one that fits is proved to be at work, and one that does not is refused by name."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from hybrid._cli.main import run
from hybrid.contract import Contract, Quote
from hybrid.errors import ModelError, ModelFilesError
from hybrid_adapters.local import LocalModel
from hybrid_adapters.local import _attaching as attaching
from hybrid_adapters.local._network import Network
from hybrid_adapters.registry import Registry


class OtherReply(BaseModel):
    status: Literal["answered", "refused"]
    evidence: list[Quote]


@pytest.fixture(scope="module")
def served(folder: Path, registry: Registry) -> Iterator[LocalModel]:
    local = LocalModel(str(folder), quantization="fp32", registry=registry, reply_tokens=96)
    yield local
    local.close()


@pytest.fixture
def own(registry: Registry, tmp_path: Path) -> Registry:
    """A registry that a test may change."""
    return Registry(shutil.copytree(registry.folder, tmp_path / "registry"))


@pytest.fixture
def refused(folder: Path, own: Registry, ask: Any) -> Callable[..., None]:
    """Check that a reply in the voice of ``formal@1`` is refused, and that the base still replies."""

    def check(match: str, *, base: Path = folder, quantization: Any = "fp32", **request: Any) -> None:
        model = LocalModel(str(base), quantization=quantization, registry=own, reply_tokens=48)
        try:
            before = [str(piece) for piece in model.reply(ask())]
            with pytest.raises(ModelFilesError, match=match) as error:
                list(model.reply(ask(adapter="formal@1", **request)))
            assert "\n" not in str(error.value)
            assert [str(piece) for piece in model.reply(ask())] == before
        finally:
            model.close()

    return check


def test_a_name_means_the_version_in_service_and_a_number_one_version(served, voices, ask, written) -> None:
    first, second = (written(voices, ask(adapter=name)).text for name in ("formal", "formal.v2"))
    assert first != second
    replied = written(served, ask(adapter="formal"))
    assert (replied.text, replied.end.model) == (second, "tiny-fp32+formal@2")
    replied = written(served, ask(adapter="formal@1"))
    assert (replied.text, replied.end.model) == (first, "tiny-fp32+formal@1")
    assert written(served, ask(adapter="formal.v2")).text == second


def test_a_rollback_holds_from_the_next_question_on(folder: Path, own: Registry, ask, written) -> None:
    model = LocalModel(str(folder), quantization="fp32", registry=own.folder, reply_tokens=48)
    try:
        assert written(model, ask(adapter="formal")).end.model.endswith("formal@2")
        own.put_in_service("formal")
        assert written(model, ask(adapter="formal")).end.model.endswith("formal@1")
        own.put_in_service("formal", 2)
        assert written(model, ask(adapter="formal")).end.model.endswith("formal@2")
    finally:
        model.close()


def test_mixed_requests_speak_in_their_own_voice_from_one_base(
    folder: Path, registry: Registry, ask, written, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    attach = Network.attach
    monkeypatch.setattr(Network, "attach", lambda self, name, files: (loads.append(name), attach(self, name, files))[1])
    model = LocalModel(str(folder), quantization="fp32", registry=registry, reply_tokens=1, queue=1000)
    names = (None, "formal@1", "formal@2", "formal.v2")
    questions = [ask(f"Refund {number}?", evidence=1, adapter=name) for number in range(5) for name in names]
    try:
        alone = [written(model, question) for question in questions]
        with ThreadPoolExecutor(16) as pool:
            together = list(pool.map(lambda each: written(model, each), questions * 5))
    finally:
        model.close()
    assert together == alone * 5
    assert sorted(loads) == ["formal.v2@1", "formal@1", "formal@2"]


def test_changed_weights_are_refused(own: Registry, refused) -> None:
    from safetensors.torch import load_file, save_file

    file = own.folder / "formal" / "1" / "adapter_model.safetensors"
    tensors = load_file(file)
    tensors[next(iter(tensors))][0, 0] += 1e-3
    save_file(tensors, file)
    refused("adapter_model.safetensors has SHA-256")


def test_a_changed_setting_is_refused(own: Registry, refused) -> None:
    file = own.folder / "formal" / "1" / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"lora_alpha": 9}), "utf-8")
    refused("adapter_config.json has SHA-256")


def test_another_order_of_the_same_settings_is_accepted(own: Registry, folder: Path, ask, written) -> None:
    file = own.folder / "formal" / "1" / "adapter_config.json"
    settings = json.loads(file.read_text("utf-8"))
    settings["target_modules"] = settings["target_modules"][::-1]
    file.write_text(json.dumps(dict(reversed(settings.items()))), "utf-8")
    model = LocalModel(str(folder), quantization="fp32", registry=own, reply_tokens=48)
    try:
        assert written(model, ask(adapter="formal@1")).text
    finally:
        model.close()


def test_another_base_of_the_same_shape_and_name_is_refused(make_model, tmp_path: Path, refused) -> None:
    refused("another base \\(tiny\\)", base=make_model(tmp_path / "tiny", seed=7))


def test_another_quantisation_is_refused(refused) -> None:
    refused(
        'quantisation of the base: fp32 in its manifest, bf16 loaded; set quantization = "fp32"', quantization="bf16"
    )


def test_a_changed_chat_template_is_refused(folder: Path, tmp_path: Path, refused) -> None:
    base = Path(shutil.copytree(folder, tmp_path / "tiny"))
    file = base / "chat_template.jinja"
    file.write_text(file.read_text("utf-8").replace("<|end|>", "<|end|>\n"), "utf-8")
    refused("another chat template", base=base)


def test_another_tokenizer_is_refused(folder: Path, tmp_path: Path, refused) -> None:
    base = Path(shutil.copytree(folder, tmp_path / "tiny"))
    file = base / "tokenizer.json"
    tokenizer = json.loads(file.read_text("utf-8"))
    tokenizer["model"]["merges"] = tokenizer["model"]["merges"][:-1]
    file.write_text(json.dumps(tokenizer), "utf-8")
    refused("another tokenizer", base=base)


def test_another_contract_is_refused(refused, served, ask, written) -> None:
    refused("was trained for contract hybrid.contract.*SupportReply", contract=Contract(OtherReply))
    written(served, ask(adapter="formal"))
    with pytest.raises(ModelFilesError, match="was trained for contract"):
        list(served.reply(ask(adapter="formal", contract=Contract(OtherReply))))


def test_another_form_of_the_prompt_is_refused(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    from hybrid.answering import prompt

    monkeypatch.setattr(prompt, "_RULES", prompt._RULES.replace("evidence", "proof", 1))
    refused("another form of the prompt")


def test_other_instructions_than_it_was_taught_are_refused(own: Registry, refused) -> None:
    changed(own, instructions="Invent what is missing.")
    refused("another form of the prompt")


def test_an_adapter_that_is_not_applied_fails_its_proof(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Network, "_activate", lambda self, name: self._network.base_model.disable_adapter_layers())
    refused("fails its effect proof: the base replies the same without it")


def test_an_adapter_filled_with_zeros_fails_its_proof(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def zeros(network: Any, files: Any, inner: str) -> None:
        for name, weights in network.named_parameters():
            if f".{inner}." in name:
                weights.data.zero_()

    monkeypatch.setattr(attaching, "_fill", zeros)
    refused("fails its effect proof")


def test_the_weights_of_another_voice_fail_the_proof_even_where_hashes_agree(own: Registry, refused) -> None:
    shutil.copy(own.folder / "formal" / "2" / "adapter_model.safetensors", own.folder / "formal" / "1")
    changed(own, weights_sha256=own.resolve("formal@2").manifest.weights_sha256)
    refused("fails its effect proof")


def test_a_base_with_another_setting_and_the_same_weights_fails_the_proof(
    folder: Path, tmp_path: Path, refused
) -> None:
    base = Path(shutil.copytree(folder, tmp_path / "tiny"))
    file = base / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"rms_norm_eps": 5.0}), "utf-8")
    refused("the base's logits are .* away", base=base)


def test_files_exchanged_after_the_check_are_not_loaded(
    own: Registry, refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hybrid_adapters.local import _voices

    prompt = _voices.probe_prompt

    def exchanged(*arguments: Any, **options: Any) -> Any:
        (own.folder / "formal" / "1" / "adapter_model.safetensors").write_bytes(b"\0" * 100)
        return prompt(*arguments, **options)

    monkeypatch.setattr(_voices, "probe_prompt", exchanged)
    refused("adapter_model.safetensors has SHA-256")


def test_unknown_names_are_told_what_there_is(served, ask) -> None:
    with pytest.raises(ModelError, match="'loud' is not in registry .*; there are: formal, formal.v2"):
        list(served.reply(ask(adapter="loud")))
    with pytest.raises(ModelError, match="there is no 'formal@7' .*; there are: formal@1, formal@2"):
        list(served.reply(ask(adapter="formal@7")))


def changed(registry: Registry, **fields: Any) -> None:
    file = registry.folder / "formal" / "1" / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | fields), "utf-8")


def test_peft_loads_a_version_as_it_lies(folder: Path, registry: Registry) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokens = torch.tensor([[5, 6, 7]])
    with torch.no_grad(), warnings.catch_warnings():
        # PEFT asks transformers by a name that it has given up.
        warnings.simplefilter("ignore", FutureWarning)
        before = base(tokens).logits
        tuned = PeftModel.from_pretrained(base, registry.resolve("formal@1").folder)
        assert not torch.allclose(tuned(tokens).logits, before)


def test_verify_proves_the_effect_where_the_base_is_here(
    folder: Path, own: Registry, capfd, make_model, tmp_path
) -> None:
    arguments = ["adapter", "verify", "--registry", str(own.folder), "--base"]
    assert run([*arguments, str(folder)]) == 0
    assert capfd.readouterr().out.count("does what it did when it was bound") == 3
    assert run([*arguments, str(make_model(tmp_path / "other", seed=9)), "formal"]) == 1
    assert "made for another base (tiny)" in capfd.readouterr().out
    assert run([*arguments, str(folder), "--contract", f"{__name__}:OtherReply", "formal"]) == 0
    assert "effect not proved: adapter formal@2 was trained for contract" in capfd.readouterr().out
    changed(own, proof=None)
    assert run([*arguments, str(folder), "formal@1"]) == 1
    assert "has no proof of its effect" in capfd.readouterr().err


def test_an_adapter_without_effect_is_not_bound(
    folder: Path, registry: Registry, make_manifest, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    adapter = Path(shutil.copytree(registry.resolve("formal@1").folder, tmp_path / "idle"))
    file = adapter / "adapter_model.safetensors"
    save_file({key: tensor * ("lora_A" in key) for key, tensor in load_file(file).items()}, file)
    with pytest.raises(ModelFilesError, match="makes no difference"):
        make_manifest(adapter, folder)


def test_a_template_that_writes_the_date_is_not_bound(folder: Path, adapters, make_manifest, tmp_path: Path) -> None:
    base = Path(shutil.copytree(folder, tmp_path / "tiny"))
    file = base / "chat_template.jinja"
    file.write_text("{{ strftime_now('%d %b') }}" + file.read_text("utf-8"), "utf-8")
    with pytest.raises(ModelFilesError, match="writes the date"):
        make_manifest(adapters[0].folder, base)


def test_equal_trainings_are_bound_alike(folder: Path, adapters, make_manifest) -> None:
    one, other = (make_manifest(adapters[0].folder, folder) for _ in range(2))
    assert one.model_copy(update={"created": other.created}) == other
