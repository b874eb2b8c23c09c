"""Binding a trained voice to the base, tokenizer, template, prompt and contract that it was trained with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hybrid.contract import Contract
from hybrid.errors import ModelFilesError
from hybrid_adapters.local._files import model_folder
from hybrid_adapters.local._loading import Loaded, Quantization, fit_of, load
from hybrid_adapters.local._network import Network
from hybrid_adapters.local._probe import likeliest_reply, probe_prompt, trail
from hybrid_adapters.local._prompts import Prompt, Prompts
from hybrid_adapters.local.adapters import Adapter, adapter_files
from hybrid_adapters.registry.files import AdapterFiles, drafts_sha256
from hybrid_adapters.registry.fit import bound_contract
from hybrid_adapters.registry.manifest import Dataset, Manifest, Proof
from hybrid_adapters.registry.proof import make_proof

_LIBRARIES = ("torch", "transformers", "peft", "trl", "bitsandbytes", "tokenizers", "hybrid")
# Jinja templates may call it: such a prompt is another one each day.
_CLOCK = "strftime_now"


def bind(
    adapter: Path,
    *,
    name: str,
    base: str,
    quantization: Quantization,
    contract: Contract[Any],
    dataset: Dataset,
    recipe: Mapping[str, Any],
    seed: int,
    instructions: str = "",
    license: str | None = None,
    evaluation: Mapping[str, Any] | None = None,
) -> Manifest:
    """Return the manifest of an adapter: what it fits, by hashes, and what proves its effect.

    The base is loaded as it is served, and the adapter into it.

    Args:
        adapter: Folder that PEFT saved.
        name: What the adapter shall be called.
        base: Folder or name of the base, as ``LocalModel`` takes it.
        quantization: How the base is held where the adapter is served.
        contract: What replies look like.
        dataset: What it was trained on.
        recipe: Settings of the training.
        seed: Of the training.
        instructions: What it was taught to read after the rules of the prompt.
        license: SPDX identifier.
        evaluation: Held-out figures.

    Raises:
        ModelFilesError: The adapter does not fit the base or has no effect, or the template varies by date.
    """
    folder = model_folder(base)
    files = adapter_files(Adapter(name=name, folder=adapter), base)
    loaded = load(folder, quantization)
    _check_template(loaded, base)
    prompts = Prompts(loaded.tokenizer, loaded.context)
    probe = probe_prompt(prompts, contract, instructions=instructions, distilled=dataset.distilled)
    fit = fit_of(base, folder, quantization, loaded)
    return Manifest(
        name=name,
        base=fit.base,
        tokenizer_sha256=fit.tokenizer_sha256,
        chat_template_sha256=fit.chat_template_sha256,
        prompt_sha256=probe.hash,
        contract=bound_contract(contract),
        instructions=instructions,
        weights_sha256=files.weights_sha256,
        drafts_sha256=drafts_sha256(adapter),
        config_sha256=files.settings_sha256,
        dataset=dataset,
        recipe=dict(recipe),
        libraries=_libraries(),
        seed=seed,
        license=license,
        evaluation=evaluation,
        proof=_proof(Network(loaded.network), name, files, probe),
        created=datetime.now(UTC).replace(microsecond=0),
    )


def _proof(network: Network, name: str, files: AdapterFiles, probe: Prompt) -> Proof:
    network.attach(name, files)
    reply = likeliest_reply(network, name, probe)
    return make_proof(name, reply, trail(network, None, probe, reply), trail(network, name, probe, reply))


def _check_template(loaded: Loaded, base: str) -> None:
    if _CLOCK in loaded.template:
        raise ModelFilesError(
            f"the chat template of {base!r} writes the date ({_CLOCK}), so training and serving would read different "
            "prompts; replace the call by a fixed text"
        )


def _libraries() -> dict[str, str]:
    found: dict[str, str] = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
