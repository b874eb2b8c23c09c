"""An adapter that sorts, measured: labels from closed lists, no words of its own, through the gate and into service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from evaluation_samples import bound_voice, row
from pydantic import BaseModel, ConfigDict, Field

from hybrid._cli.main import run
from hybrid.contract import Contract, Quote
from hybrid_adapters.evaluation.report import load_evaluations
from hybrid_adapters.evaluation.scoring import keeps_contract, scored
from hybrid_adapters.evaluation.writing import LocalWriter
from hybrid_adapters.evaluation.written import Written
from hybrid_adapters.registry import Registry
from hybrid_adapters.rows.row import rows_text


class Sorted(BaseModel):
    """Where a ticket goes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    template: ClassVar[str] = "{{ category }} for {{ team }}{% for line in read_first %} {{ line }}{% endfor %}"

    status: Literal["answered", "refused"]
    category: Literal["fault", "question"]
    team: Literal["hardware", "queue"]
    needs_human: bool
    read_first: Annotated[tuple[Quote, ...], Field(max_length=1)]


CONTRACT = Contract(Sorted)


def ticket(place: int, **changes: Any) -> str:
    fault = place % 2 == 0
    fields: dict[str, Any] = {
        "status": "answered",
        "category": "fault" if fault else "question",
        "team": "hardware" if fault else "queue",
        "needs_human": fault,
        "read_first": [f"E{1 + place % 2}"],
    }
    return json.dumps(fields | changes, separators=(",", ":"))


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    made = [
        row(place, split="train" if place < 3 else "held-out", contract=CONTRACT, said=ticket) for place in range(23)
    ]
    (tmp_path / "tickets.jsonl").write_text(rows_text(made), "utf-8")
    return tmp_path / "tickets.jsonl"


@pytest.fixture
def sorter(tmp_path: Path, tickets: Path) -> Registry:
    registry = Registry(bound_voice(tmp_path, tickets, CONTRACT))
    registry.put_in_service("voice", 1)
    return registry


def evaluate(registry: Registry, tickets: Path) -> int:
    where = ["--registry", str(registry.folder), "--base", str(registry.folder.parent / "base")]
    return run(["adapter", "evaluate", "voice@2", str(tickets), *where, "--contract", "test_labels:Sorted"])


def promote(registry: Registry) -> int:
    return run(["adapter", "promote", "voice@2", "--registry", str(registry.folder)])


def taught(monkeypatch: pytest.MonkeyPatch, **wrong: Any) -> None:
    """Let version 2 sort as it should, but for some fields, and all others take every ticket for a question."""
    lazy = ticket(1, read_first=["E1"])

    def write(self: LocalWriter, chat: Any, ids: Any, voice: str | None, reference: str) -> Written:
        right = json.dumps(json.loads(reference) | wrong, separators=(",", ":"))
        said = right if voice == "voice@2" else lazy
        return Written(raw=said, reply=said, valid=True, seconds=0.1, tokens=20)

    monkeypatch.setattr(LocalWriter, "write", write)


def test_each_label_counts_by_itself_and_a_wrong_one_is_an_error_class_of_its_own() -> None:
    assert scored(ticket(0), ticket(0), CONTRACT, valid=True).score == 1.0
    found = scored(ticket(0, team="queue", needs_human=False), ticket(0), CONTRACT, valid=True)
    assert (found.labels, found.evidence, found.wording) == (0.5, 1.0, None)
    assert found.faults == {"wrong team", "wrong needs_human"}
    assert (found.score, found.exact) == (0.75, False)
    nothing_to_read = scored(ticket(0, read_first=[]), ticket(0, read_first=[]), CONTRACT, valid=True)
    assert (nothing_to_read.score, nothing_to_read.evidence) == (1.0, None)


def test_a_label_that_is_not_in_the_list_breaks_the_format() -> None:
    assert keeps_contract(ticket(0), CONTRACT, frozenset({"E1"}))
    assert not keeps_contract(ticket(0, team="nobody"), CONTRACT, frozenset({"E1"}))
    assert scored(ticket(0, team="nobody"), ticket(0), CONTRACT, valid=False).faults == {"broken format"}


def test_a_network_that_nobody_trained_sorts_under_the_grammar_and_stays_out(
    sorter: Registry, tickets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(sorter, tickets) == 0
    (kept,) = load_evaluations(sorter.folder, "voice")
    tuned = kept.arms["tuned"]
    assert (tuned.format_valid, tuned.rouge_l, tuned.bleu, tuned.voice) == (0.0, None, None, None)
    assert tuned.label_accuracy is not None
    assert 0 < tuned.label_accuracy < 1
    assert kept.skipped["voice"] == "the replies hold no words of their own"
    assert promote(sorter) == 1
    assert "is not promoted" in capsys.readouterr().err
    assert sorter.current("voice") == 1


def test_what_sorts_better_than_its_base_goes_into_service(
    sorter: Registry, tickets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught(monkeypatch)
    assert evaluate(sorter, tickets) == 0
    (kept,) = load_evaluations(sorter.folder, "voice")
    assert (kept.score, kept.arms["tuned"].exact_match, kept.arms["base"].exact_match) == (1.0, 1.0, 0.0)
    assert kept.error_classes == {}
    assert kept.arms["base"].error_classes["wrong category"] == pytest.approx(0.5)
    assert promote(sorter) == 0
    assert sorter.current("voice") == 2


def test_a_gain_does_not_outweigh_a_label_that_got_clearly_worse(
    sorter: Registry, tickets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Right in all but this, which the others never get wrong.
    taught(monkeypatch, status="refused")
    assert evaluate(sorter, tickets) == 0
    assert promote(sorter) == 1
    assert "refuses what it should answer" in capsys.readouterr().err
    assert sorter.current("voice") == 1
