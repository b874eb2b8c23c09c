"""The model card of a version: what the Hugging Face Hub shows, written from the manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hybrid_adapters.registry.manifest import Dataset, Manifest

CARD = "README.md"
"""Where the Hub looks for a model card."""

_WHAT = {
    "voice": "A LoRA adapter that makes its base reply by a contract, in one voice. It holds no facts: those come from "
    "evidence that it is shown.",
    "ranker": "A LoRA adapter that makes an embedding model judge how well a text answers a question.",
}


def model_card(manifest: Manifest) -> str:
    """Return the card as Markdown with the metadata that the Hub reads."""
    return "\n".join((*_metadata(manifest), f"# {manifest.label}", "", _WHAT[manifest.kind], "", *_sections(manifest)))


def _metadata(manifest: Manifest) -> Iterator[str]:
    # JSON is YAML: a quoted string cannot open a key of its own.
    yield "---"
    yield f"base_model: {json.dumps(manifest.base.name)}"
    yield "library_name: peft"
    yield f"license: {json.dumps(manifest.license.lower() if manifest.license else 'unknown')}"
    yield f"tags: [lora, hybrid, {manifest.kind}]"
    yield "---"
    yield ""


def _sections(manifest: Manifest) -> Iterator[str]:
    contract = manifest.contract
    yield from _section(
        "Fits",
        {
            "base": f"{manifest.base.name} ({manifest.base.quantization}), SHA-256 {manifest.base.weights_sha256}",
            "tokenizer": manifest.tokenizer_sha256,
            "chat template": manifest.chat_template_sha256,
            "contract": f"{contract.name}, {contract.hash}" if contract else None,
        },
    )
    yield from _section("Data", _data(manifest.dataset))
    yield from _section("Recipe", {**manifest.recipe, "seed": manifest.seed, **manifest.libraries})
    yield from _section("Scores, held out", manifest.evaluation or {"not measured": "yet"})
    yield "Load it through `hybrid`, which checks all of this, or with PEFT, which checks none of it."
    yield ""


def _data(dataset: Dataset) -> dict[str, object]:
    return {
        "rows": f"{dataset.rows:,}, {dataset.approved:,} approved",
        "version": dataset.version,
        "eras": _counts(dataset.eras),
        "sources": _counts(dataset.sources),
        "reviewers": ", ".join(dataset.reviewers),
        "instructions distilled into the weights": "yes" if dataset.distilled else "no",
    }


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


def _section(title: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {title}"
    for name, value in values.items():
        if value not in (None, ""):
            yield f"- {name}: {value if isinstance(value, str | int | float) else json.dumps(value, default=str)}"
    yield ""
