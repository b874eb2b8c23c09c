"""Adapters of a few numbers, with manifests: enough for everything that needs no model."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from hybrid_adapters.registry import BoundBase, BoundContract, Dataset, Manifest, Registry
from hybrid_adapters.registry.files import read_files

Make = Callable[..., tuple[Path, Manifest]]


def make_adapter(folder: Path, *, name: str = "voice", value: float = 1.0, **changes: Any) -> tuple[Path, Manifest]:
    folder.mkdir(parents=True)
    save_file({"layer.lora_A.weight": np.full((2, 3), value, np.float32)}, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": 2, "target_modules": ["v", "q"], "base_model_name_or_path": "/tmp/run/tiny"}
    (folder / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    files = read_files(folder)
    fields: dict[str, Any] = {
        "name": name,
        "base": BoundBase(name="tiny", weights_sha256="a" * 64, quantization="nf4"),
        "tokenizer_sha256": "b" * 64,
        "contract": BoundContract(name="shop:Reply", hash="c" * 64),
        "dataset": Dataset(version="d" * 64, rows=220, approved=210, eras={"2026-06": 220}, reviewers=("kim", "noor")),
        "recipe": {"rank": 16, "epochs": 3},
        "libraries": {"peft": "0.21.2"},
        "seed": 7,
        "license": "Apache-2.0",
        "evaluation": {"adherence": 0.97},
        "weights_sha256": files.weights_sha256,
        "config_sha256": files.settings_sha256,
        "created": datetime(2026, 11, 22, tzinfo=UTC),
    }
    return folder, Manifest(**fields | changes)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write an adapter into a folder of its own and bind it."""
    made: list[Path] = []

    def one(**changes: Any) -> tuple[Path, Manifest]:
        made.append(tmp_path / f"made-{len(made)}")
        return make_adapter(made[-1], **changes)

    return one


@pytest.fixture
def registry(tmp_path: Path, make: Make) -> Registry:
    """Two versions of ``voice``, the second in service."""
    registry = Registry(tmp_path / "adapters")
    registry.add(*make())
    registry.add(*make(value=2.0, recipe={"rank": 32, "epochs": 3}, evaluation={"adherence": 0.99}))
    registry.put_in_service("voice", 2)
    return registry
