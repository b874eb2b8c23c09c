"""``hybrid adapter show``: what one version is, fits, was made of and is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def show(
    name: _options.AdapterName,
    registry: _options.Registry = None,
    config: _options.Config = None,
    json: _options.Json = False,
) -> None:
    """Show what a version is, what it fits, what it was made of and what it is worth."""
    from hybrid._cli._adapters import fields_table, registry_folder, report
    from hybrid._cli._display import Display

    found = report("shown", registry_folder(registry, config), name)
    Display(json=json).result(fields_table(dict(_fields(found))), found)


def _fields(found: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    base, contract, dataset = found["base"], found["contract"], found["dataset"]
    yield "adapter", f"{found['label']} ({found['kind']}{', in service' if found['in_service'] else ''})"
    yield "base", f"{base['name']} in {base['quantization']}, SHA-256 {base['weights_sha256'][:12]}"
    yield "contract", contract and f"{contract['name']} ({contract['hash'][:12]})"
    yield "instructions", found["instructions"]
    yield (
        "data",
        f"{dataset['rows']:,} rows, {dataset['approved']:,} approved, version {(dataset['version'] or '?')[:12]}",
    )
    yield "eras", _counts(dataset["eras"])
    yield "sources", _counts(dataset["sources"])
    yield "reviewers", ", ".join(dataset["reviewers"])
    yield "recipe", ", ".join(f"{key} {value}" for key, value in found["recipe"].items())
    yield "libraries", ", ".join(f"{key} {value}" for key, value in found["libraries"].items())
    yield "seed", found["seed"]
    scores: Mapping[str, object] = found["evaluation"] or {}
    yield "scores", ", ".join(f"{key} {value}" for key, value in scores.items()) or "not measured"
    yield "against advice", found["override"]
    yield "effect", found["proof_tokens"] and f"proved at load by {found['proof_tokens']} tokens"
    yield "trained", found["created"]
    yield "folder", found["folder"]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
