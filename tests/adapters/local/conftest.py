"""A causal model of a few thousand weights that nobody trained, its adapters, and requests to it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hybrid.answering.request import Limits, ReplyEnd, ReplyRequest, Style
from hybrid.contract import Contract, SupportReply
from hybrid.types import Evidence, Passage, StageScores
from hybrid_adapters.local import Adapter, LocalModel
from hybrid_adapters.local.binding import bind
from hybrid_adapters.registry import Dataset, Manifest, Registry

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
LINES = (
    "Refunds take 5 days and go to the card you paid with.",
    "Plans: Paddle costs €39 a month, Sail 79, paid by card or by invoice.",
    '{"status":"answered","opening":"","evidence":["E1","E12"],"closing":""}',
    "Question: how long does it take to get the money back?",
)


def save_tokenizer(folder: Path, *, template: str | None = TEMPLATE) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>"],
    )
    tokenizer.train_from_iterator(LINES * 20, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|pad|>")
    fast.chat_template = template
    fast.save_pretrained(folder)
    return fast


def save_model(folder: Path, *, hidden: int = 64, layers: int = 2, context: int = 4096, seed: int = 0) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = save_tokenizer(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        # Far apart logits: choices that rounding cannot turn.
        initializer_range=0.3,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def save_adapter(folder: Path, base: Path, *, seed: int) -> Path:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    network = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        # PEFT asks transformers by a name that it has given up.
        warnings.simplefilter("ignore", FutureWarning)
        tuned = get_peft_model(network, config)
    with torch.no_grad():
        for name, weights in tuned.named_parameters():
            if "lora_B" in name:
                weights.normal_(std=0.5)
    tuned.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _quiet():
    import torch
    from transformers.utils import logging

    # Each of these multiplications is smaller than waking up a second thread.
    torch.set_num_threads(1)
    # A progress bar leaves a thread behind.
    logging.disable_progress_bar()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder; tests that change it take a copy."""
    return save_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def adapters(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Adapter, ...]:
    """Two voices for the model."""
    root = tmp_path_factory.mktemp("adapters")
    return tuple(
        Adapter(name=name, folder=save_adapter(root / name, folder, seed=seed), instructions=f"Speak {name}.")
        for seed, name in enumerate(("formal", "formal.v2"), start=1)
    )


def bound(adapter: Path, base: Path, *, name: str = "formal", **changes: Any) -> Manifest:
    settings: dict[str, Any] = {
        "quantization": "fp32",
        "contract": Contract(SupportReply),
        "dataset": Dataset(version="0" * 64, rows=200, approved=200, eras={"2026-06": 200}, reviewers=("kim",)),
        "recipe": {"rank": 4},
        "seed": 1,
        "instructions": "Speak formally.",
    }
    return bind(adapter, name=name, base=str(base), **settings | changes)


@pytest.fixture(scope="session")
def make_manifest() -> Callable[..., Manifest]:
    """Bind an adapter to a base."""
    return bound


@pytest.fixture(scope="session")
def registry(folder: Path, adapters: tuple[Adapter, ...], tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Two versions of ``formal`` and one of ``formal.v2``; tests that change it take a copy."""
    registry = Registry(tmp_path_factory.mktemp("registry"))
    for adapter, name in zip((*adapters, adapters[1]), ("formal", "formal", "formal.v2"), strict=True):
        registry.add(adapter.folder, bound(adapter.folder, folder, name=name, instructions=adapter.instructions))
        registry.put_in_service(name, registry.numbers(name)[-1])
    return registry


@pytest.fixture(scope="session")
def model(folder: Path) -> Iterator[LocalModel]:
    """The model without adapters."""
    local = LocalModel(str(folder), quantization="fp32", reply_tokens=96)
    yield local
    local.close()


@pytest.fixture(scope="session")
def voices(folder: Path, adapters: tuple[Adapter, ...]) -> Iterator[LocalModel]:
    """The model with two adapters."""
    local = LocalModel(str(folder), quantization="fp32", adapters=adapters, reply_tokens=96)
    yield local
    local.close()


def units(count: int, *, text: str = "Refunds take {} days.") -> tuple[Evidence, ...]:
    passage = Passage(
        document_id="docs:refunds.md",
        uri="memory:docs:refunds.md",
        title="Refunds",
        version="v1",
        text="",
        start=0,
        end=0,
        lines=(1, 1),
        heading_path=("Refunds", "Times"),
        scores=StageScores(fused=1.0),
    )
    return tuple(
        Evidence(
            id=f"E{place}",
            passage=passage,
            text=text.format(place),
            start=0,
            end=0,
            lines=(1, 1),
            score=float(-place),
        )
        for place in range(1, count + 1)
    )


MakeRequest = Callable[..., ReplyRequest]
PATIENT = Limits(first_token=None, idle=None, total=None)


@pytest.fixture(scope="session")
def ask() -> MakeRequest:
    """Make a request that waits as long as it takes."""

    def make(
        question: str = "How long do refunds take?",
        *,
        evidence: Sequence[Evidence] | int = 3,
        contract: Contract[Any] | None = None,
        limits: Limits = PATIENT,
        **style: Any,
    ) -> ReplyRequest:
        return ReplyRequest(
            question=question,
            evidence=units(evidence) if isinstance(evidence, int) else tuple(evidence),
            contract=contract or Contract(SupportReply),
            style=Style(**style),
            limits=limits,
        )

    return make


@dataclass(frozen=True, kw_only=True)
class Replied:
    text: str
    end: ReplyEnd


@pytest.fixture(scope="session")
def written() -> Callable[[LocalModel, ReplyRequest], Replied]:
    """Return the whole of a reply."""

    def read(model: LocalModel, request: ReplyRequest) -> Replied:
        *pieces, end = model.reply(request)
        assert isinstance(end, ReplyEnd)
        return Replied(text="".join(map(str, pieces)), end=end)

    return read


@pytest.fixture(scope="session")
def make_units() -> Callable[..., tuple[Evidence, ...]]:
    """Make numbered evidence, best first."""
    return units


@pytest.fixture(scope="session")
def make_model() -> Callable[..., Path]:
    """Save another model."""
    return save_model


@pytest.fixture(scope="session")
def make_tokenizer() -> Callable[..., Any]:
    """Save another tokenizer."""
    return save_tokenizer


@pytest.fixture(scope="session")
def make_adapter() -> Callable[..., Path]:
    """Save another adapter."""
    return save_adapter
