"""What is put into service, and what is not."""

from __future__ import annotations

import pytest
from evaluation_samples import evaluation

from hybrid._cli.main import run
from hybrid.advise.gathering import gather
from hybrid.advise.intent import Intent
from hybrid_adapters.evaluation.report import load_evaluations, save_evaluation
from hybrid_adapters.registry import Registry


@pytest.fixture
def promote(registry: Registry):
    registry.put_in_service("voice", 1)
    return lambda name="voice@2", *options: run(
        ["adapter", "promote", name, "--registry", str(registry.folder), *options]
    )


def measured(registry: Registry, label: str = "voice@2", **changes: object) -> None:
    scores = {"base": 0.1, "prompt": 0.4, "tuned": 0.9, "service": 0.4}
    save_evaluation(registry.folder, evaluation(registry, label, scores | changes.pop("scores", {}), **changes))


def test_what_beats_prompting_and_service_goes_into_service(registry: Registry, promote, capsys) -> None:
    measured(registry)
    assert promote() == 0
    assert registry.current("voice") == 2
    assert "voice@2 is in service" in capsys.readouterr().err
    kept = load_evaluations(registry.folder, "voice")[-1]
    assert (kept.gate.passed, kept.gate.promoted, kept.gate.gains["prompt"][0]) == (True, True, pytest.approx(0.5))


def test_what_does_not_beat_prompting_stays_out(registry: Registry, promote, capsys) -> None:
    measured(registry, scores={"prompt": 0.9})
    assert promote() == 1
    assert "does not beat prompting by the margin: ship the simpler approach" in capsys.readouterr().err
    assert registry.current("voice") == 1
    kept = load_evaluations(registry.folder, "voice")
    assert [each.gate.promoted for each in kept] == [False, False]
    assert kept[-1].gate.reasons


def test_the_margin_is_what_was_asked_for(registry: Registry, promote) -> None:
    measured(registry)
    assert promote("voice@2", "--margin", "0.6") == 1
    assert promote("voice@2", "--margin", "0.3") == 0


def test_nothing_is_promoted_that_was_not_measured(registry: Registry, promote, capsys) -> None:
    assert promote() == 2
    assert "voice@2 was not evaluated yet" in capsys.readouterr().err
    measured(registry, weights_sha256="0" * 64)
    assert promote() == 2
    assert "of other weights" in capsys.readouterr().err


def test_what_was_compared_with_another_service_is_measured_again(registry: Registry, promote, capsys) -> None:
    measured(registry, in_service=None)
    assert promote() == 2
    assert "was compared with nothing in service, and now voice@1 is in service" in capsys.readouterr().err


def test_a_damaged_report_is_named(registry: Registry, promote, capsys) -> None:
    measured(registry)
    (file,) = (registry.folder / "voice" / "evaluations").glob("*.json")
    file.write_text("{}", "utf-8")
    assert promote() == 2
    assert f"{file} is no evaluation" in capsys.readouterr().err


def test_advice_reads_the_reports_and_counts_a_promoted_version_once(registry: Registry, promote) -> None:
    measured(registry, error_classes={"off voice": 0.1})
    assert promote() == 0
    known = gather(Intent(), settings=None, registry=registry.folder, name="voice")
    assert [(each.adapter, each.score, each.worst) for each in known.evaluations] == [("voice@2", 0.9, "off voice")]
    assert known.evaluations[0].gate is not None
    assert known.evaluations[0].gate.passed
    assert known.unread == ()
