"""Whether an adapter was made for the model that runs: compared hash by hash, and refused by the first that differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hybrid.contract import Contract
from hybrid.errors import ModelFilesError
from hybrid_adapters.registry.manifest import BoundBase, BoundContract, Manifest
from hybrid_adapters.untrusted import canonical, read_settings


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What a model is, in the terms of a manifest."""

    base: BoundBase
    """Its weights."""

    tokenizer_sha256: str
    """Of its ``tokenizer.json``."""

    chat_template_sha256: str | None = None
    """Of its chat template; None where there is none."""


def base_digest(folder: Path) -> str:
    """Return the SHA-256 (hex) over a model's safetensors files and how they are quantised.

    Raises:
        ModelFilesError: It has none.
    """
    digest = hashlib.sha256()
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelFilesError(f"{folder} holds no *.safetensors; save the model with save_pretrained()")
    for file in files:
        digest.update(file.name.encode() + b"\0" + bytes.fromhex(file_digest(file)))
    settings = read_settings(folder / "config.json")
    digest.update(canonical(settings.get("quantization_config")).encode())
    return digest.hexdigest()


def file_digest(file: Path) -> str:
    """Return the SHA-256 (hex) of a file.

    Raises:
        ModelFilesError: It cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise ModelFilesError(f"{file} cannot be read: {error.strerror}; restore it") from None


def bound_contract(contract: Contract[Any]) -> BoundContract:
    """Return what a manifest keeps of a contract."""
    model = contract.model
    return BoundContract(name=f"{model.__module__}:{model.__qualname__}", hash=contract.hash)


def check_contract(manifest: Manifest, contract: Contract[Any]) -> None:
    """Refuse an adapter that was taught another contract.

    Raises:
        ModelFilesError: The message names both.
    """
    taught = manifest.contract
    if taught is None:
        raise ModelFilesError(
            f"adapter {manifest.label} is a {manifest.kind}, which replies by no contract; name a voice"
        )
    asked = bound_contract(contract)
    if taught.hash != asked.hash:
        raise ModelFilesError(
            f"adapter {manifest.label} was trained for contract {taught.name} ({taught.hash[:12]}), and this is "
            f"{asked.name} ({asked.hash[:12]}); set [answer] contract to the one it knows, or train it for this one"
        )


def check_fit(manifest: Manifest, fit: Fit) -> None:
    """Refuse an adapter that was made for another model.

    Raises:
        ModelFilesError: The message names what differs and what to do.
    """
    for difference in _compared(manifest, fit):
        if difference.bound != difference.found:
            raise ModelFilesError(
                f"adapter {manifest.label} was made for another {difference.what}: {_short(difference.bound)} in its "
                f"manifest, {_short(difference.found)} loaded; {difference.advice}"
            )


def check_prompt(manifest: Manifest, prompt_sha256: str) -> None:
    """Refuse an adapter that was taught another form of the prompt.

    Raises:
        ModelFilesError: A fixed request does not become the tokens that it became in training.
    """
    if manifest.prompt_sha256 != prompt_sha256:
        raise ModelFilesError(
            f"adapter {manifest.label} was taught another form of the prompt: a fixed request becomes other tokens now "
            f"({_short(prompt_sha256)} instead of {_short(manifest.prompt_sha256)}); train it anew with this version "
            "of hybrid, or install the version it was trained with"
        )


class _Compared(NamedTuple):
    what: str
    bound: str | None
    found: str | None
    advice: str


def _compared(manifest: Manifest, fit: Fit) -> Iterator[_Compared]:
    bound, found = manifest.base, fit.base
    load = f"load {bound.name} as it was then, or train the adapter anew on {found.name}"
    yield _Compared(f"base ({bound.name})", bound.weights_sha256, found.weights_sha256, load)
    yield _Compared(
        "quantisation of the base", bound.quantization, found.quantization, f'set quantization = "{bound.quantization}"'
    )
    yield _Compared("tokenizer", manifest.tokenizer_sha256, fit.tokenizer_sha256, load)
    yield _Compared("chat template", manifest.chat_template_sha256, fit.chat_template_sha256, load)


def _short(value: str | None) -> str:
    return "none" if value is None else value[:12]
