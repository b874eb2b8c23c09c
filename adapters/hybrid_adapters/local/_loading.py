"""Weights and tokenizer of a causal model, checked and on the device they run on."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hybrid.errors import MissingExtraError, ModelFilesError
from hybrid_adapters.registry.fit import Fit, base_digest, file_digest
from hybrid_adapters.registry.manifest import BoundBase
from hybrid_adapters.untrusted import canonical, read_settings, refuse_code

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

Quantization = Literal["nf4", "bf16", "fp32"]
"""How weights are held: 4 bits (NormalFloat, doubly quantised), 16 or 32."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A model that can be run."""

    network: PreTrainedModel
    """In evaluation mode, on its device."""

    tokenizer: PreTrainedTokenizerFast
    """With a chat template."""

    context: int
    """Most tokens that prompt and reply may have together."""

    width: int
    """Number of logits, which may be more than the tokenizer has tokens."""

    @property
    def template(self) -> str:
        """The chat template, or all of them as JSON where there are several."""
        tokenizer: Any = self.tokenizer
        found: Any = tokenizer.chat_template
        return found if isinstance(found, str) else canonical(found)


def fit_of(name: str, folder: Path, quantization: Quantization, loaded: Loaded) -> Fit:
    """Return what a loaded model is, in the terms of an adapter's manifest. Reads its weights' files once.

    Args:
        name: What the model is called.
        folder: Its folder.
        quantization: How its weights are held.
        loaded: The model.
    """
    base = BoundBase(name=Path(name).name, weights_sha256=base_digest(folder), quantization=quantization)
    return Fit(
        base=base,
        tokenizer_sha256=file_digest(folder / "tokenizer.json"),
        chat_template_sha256=hashlib.sha256(loaded.template.encode()).hexdigest(),
    )


def load(folder: Path, quantization: Quantization) -> Loaded:
    """Return the model of a folder, on a GPU where there is one.

    Raises:
        ModelFilesError: The folder holds pickles or code, is incomplete, or is no causal chat model.
        MissingExtraError: The packages for it are not installed.
    """
    refuse_code(folder)
    settings = read_settings(folder / "config.json")
    _check_architecture(folder, settings)
    if not any(folder.glob("*.safetensors")):
        raise ModelFilesError(f"{folder} holds no *.safetensors; save the model with save_pretrained()")
    tokenizer = load_tokenizer(folder)
    network = _network(folder, settings, quantization)
    return Loaded(
        network=network, tokenizer=tokenizer, context=context_of(network.config, tokenizer), width=_width(network)
    )


def _check_architecture(folder: Path, settings: dict[str, Any]) -> None:
    try:
        from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    except ImportError:
        raise MissingExtraError(feature="a local model", extra="local") from None
    named: list[str] = settings.get("architectures") or []
    known = set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values())
    if settings.get("is_encoder_decoder") or not any(name in known for name in named):
        what = ", ".join(named) or "nothing"
        raise ModelFilesError(f"{folder / 'config.json'} names {what}, which is no causal language model")


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a model's folder that ``refuse_code`` let pass.

    Raises:
        ModelFilesError: There is none, or none that can open a chat.
    """
    import transformers

    if not (folder / "tokenizer.json").is_file():
        raise ModelFilesError(f"{folder / 'tokenizer.json'} is missing; save the model's fast tokenizer there")
    auto: Any = transformers.AutoTokenizer
    try:
        tokenizer: Any = auto.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise ModelFilesError(f"the tokenizer in {folder} cannot be loaded: {_first_line(error)}") from None
    if not tokenizer.is_fast:
        raise ModelFilesError(f"{folder} has no fast tokenizer, which grammars need; convert it to tokenizer.json")
    if not tokenizer.chat_template:
        raise ModelFilesError(f"{folder} has no chat template; take an instruction-tuned model, or add one")
    return tokenizer


def _network(folder: Path, settings: dict[str, Any], quantization: Quantization) -> PreTrainedModel:
    import transformers

    from hybrid_adapters.local._quantization import load_options, ready_for_inference

    options = load_options(folder, settings, quantization)
    auto: Any = transformers.AutoModelForCausalLM
    try:
        with _without_progress_bar():
            network, found = auto.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
                **options,
            )
    except Exception as error:
        raise ModelFilesError(f"the model in {folder} cannot be loaded: {_first_line(error)}") from None
    # transformers fills what is missing with random numbers, and only logs it.
    if absent := sorted({*found["missing_keys"], *map(str, found["mismatched_keys"])}):
        raise ModelFilesError(
            f"the weights in {folder} lack {absent[0]} or have another size of it; save the model again"
        )
    ready_for_inference(network)
    return network


@contextmanager
def _without_progress_bar() -> Generator[None]:
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def context_of(config: Any, tokenizer: Any) -> int:
    """Return the most tokens that prompt and reply may have together."""
    text = config.get_text_config(decoder=True)
    # Tokenizers without a limit of their own name an astronomical one.
    return min(int(getattr(text, "max_position_embeddings", None) or 2**31), int(tokenizer.model_max_length))


def _width(network: Any) -> int:
    return int(network.get_output_embeddings().out_features)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
