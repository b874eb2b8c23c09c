"""From hybrid.toml to a verified answer: an untrained model with a voice, beside its documents."""

from __future__ import annotations

import shutil
from pathlib import Path

from hybrid import ANONYMOUS, Pipeline
from hybrid.answering.request import Style
from hybrid_adapters.registry import Registry

TOML = """
[answer]
model = "local:models/tiny"
adapters = "voices"
adapter = "formal"
quantization = "fp32"
refuse_below = 0.0

[[sources]]
type = "folder"
name = "docs"
path = "docs"
default_readers = ["public"]
"""


def test_paths_of_a_model_are_those_beside_its_settings(folder: Path, registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "refunds.md").write_text("# Refunds\n\nRefunds take 5 days. Repairs take 5 weeks.\n", "utf-8")
    shutil.copytree(folder, tmp_path / "models" / "tiny")
    shutil.copytree(registry.folder, tmp_path / "voices")
    (tmp_path / "hybrid.toml").write_text(TOML, "utf-8")
    with Pipeline.from_config(tmp_path / "hybrid.toml") as pipeline:
        pipeline.sync()
        in_service = pipeline.ask("How long do refunds take?", principal=ANONYMOUS)
        answers = [
            pipeline.ask(
                "How long do refunds take?",
                principal=ANONYMOUS,
                style=Style(adapter="formal@1", temperature=1.0, seed=seed),
            )
            for seed in range(12)
        ]
    assert in_service.model == "tiny-fp32+formal@2"
    assert {answer.model for answer in answers} == {"tiny-fp32+formal@1"}
    assert len({answer.prompt_hash for answer in answers}) == 1
    assert {answer.status for answer in answers} >= {"answered"}
    for answer in answers:
        assert answer.tokens is not None
        assert bool(answer.citations) == (answer.status == "answered")
        for citation in answer.citations:
            assert citation.quote in ("Refunds take 5 days.", "Repairs take 5 weeks.")
            assert (citation.verified, citation.lines) == (True, (3, 3))
