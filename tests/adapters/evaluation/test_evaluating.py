"""A version is measured on what it never saw, next to the simpler way, and the report lies in the registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from evaluation_samples import CONTRACT, reply, rows_file
from hypothesis import given
from hypothesis import strategies as st

from hybrid._cli.main import run
from hybrid.errors import RowsError
from hybrid_adapters.evaluation.figures import bleu
from hybrid_adapters.evaluation.held_out import held_out_rows
from hybrid_adapters.evaluation.report import load_evaluations
from hybrid_adapters.evaluation.scoring import keeps_contract, scored
from hybrid_adapters.registry import Registry

IDS = st.sets(st.sampled_from(["E1", "E2", "E3", "E4"]), max_size=4)


def evaluate(registry: Registry, made: tuple[Path, Path], rows: Path, *options: str) -> int:
    where = ["--registry", str(registry.folder), "--base", str(made[0]), *options]
    return run(["adapter", "evaluate", "voice@2", str(rows), *where])


def test_arms_are_asked_the_same_rows_and_the_report_is_kept(
    registry: Registry, made: tuple[Path, Path], rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    registry.put_in_service("voice", 1)
    assert evaluate(registry, made, rows, "--json", "--html", str(page)) == 0
    printed = json.loads(capsys.readouterr().out)
    (kept,) = load_evaluations(registry.folder, "voice")
    assert printed["adapter"] == kept.adapter == "voice@2"
    assert set(kept.arms) == {"base", "prompt", "tuned", "service"}
    assert {len(each) for each in kept.per_row.values()} == {20}
    assert kept.score == kept.arms["tuned"].score
    # A network that nobody trained keeps no contract by itself.
    assert kept.arms["tuned"].format_valid == 0.0
    assert kept.error_classes["broken format"] == 1.0
    assert all(each.perplexity is not None and each.perplexity > 1 for each in kept.arms.values())
    assert not kept.gate.passed
    assert registry.current("voice") == 1
    assert "<script" not in page.read_text("utf-8")
    assert not list((tmp_path / "cache" / "evaluations").glob("*"))


def test_a_killed_run_goes_on(
    registry: Registry, made: tuple[Path, Path], rows: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    from hybrid_adapters.evaluation.writing import LocalWriter

    whole, asked = LocalWriter.write, list[str]()

    def killed(self: LocalWriter, chat, ids, voice, reference):
        if len(asked) == 5:
            raise KeyboardInterrupt
        asked.append(reference)
        return whole(self, chat, ids, voice, reference)

    monkeypatch.setattr(LocalWriter, "write", killed)
    assert evaluate(registry, made, rows) == 130
    (file,) = (cache / "evaluations").glob("*.jsonl")
    assert len(file.read_text("utf-8").splitlines()) == 2 * 5
    assert file.stat().st_mode & 0o077 == 0
    with file.open("a") as opened:
        opened.write('{"key": "half a li')
    again: list[str] = []
    monkeypatch.setattr(LocalWriter, "write", lambda self, *chat: again.append("") or whole(self, *chat))
    assert evaluate(registry, made, rows) == 0
    # Three arms of 20 rows, three ways to ask that are tried on one, three that the judge of voices hears; five known.
    assert len(again) == 3 * 20 + 3 + 3 - 5


def test_a_held_out_set_of_three_rows_is_refused(
    registry: Registry, made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(registry, made, rows_file(tmp_path / "few.jsonl", held_out=3)) == 2
    assert "the held-out set has 3 rows, and below 20" in capsys.readouterr().err


def test_rows_that_were_trained_on_are_refused(registry: Registry, rows: Path, tmp_path: Path) -> None:
    version = registry.resolve("voice@2")
    turned = rows.read_text("utf-8").replace('"split":"train"', '"split":"held-out"')
    (tmp_path / "turned.jsonl").write_text(turned, "utf-8")
    with pytest.raises(RowsError, match="was trained on 3 of 23 held-out rows, the first 'r-0'"):
        held_out_rows(tmp_path / "turned.jsonl", version.manifest, version.folder)


def test_without_hashes_only_the_rows_of_the_training_will_do(registry: Registry, rows: Path, tmp_path: Path) -> None:
    version = registry.resolve("voice@2")
    (version.folder / "training" / "seen.txt").unlink()
    assert len(held_out_rows(rows, version.manifest, version.folder).asked) == 20
    other = rows_file(tmp_path / "other.jsonl", held_out=21)
    with pytest.raises(RowsError, match="nobody can tell"):
        held_out_rows(other, version.manifest, version.folder)


def test_a_reply_is_taken_apart() -> None:
    wanted = reply(0)
    assert scored(wanted, wanted, CONTRACT, valid=True).score == 1.0
    refusal = reply(0, status="refused", evidence=[])
    found = scored(refusal, wanted, CONTRACT, valid=True)
    assert (found.labels, found.evidence, found.faults) == (0.0, 0.0, {"refuses what it should answer"})
    assert scored(wanted, refusal, CONTRACT, valid=True).faults == {"answers what it should refuse"}
    other = scored(reply(1, opening="In short:"), wanted, CONTRACT, valid=True)
    assert (other.evidence, other.faults, other.refusal) == (0.0, {"wrong evidence"}, True)
    assert scored(reply(0, evidence=["E1", "E2"]), wanted, CONTRACT, valid=True).faults == {"needless evidence"}
    assert scored("no reply", wanted, CONTRACT, valid=False).score == 0.0
    assert not keeps_contract(reply(0, evidence=["E9"]), CONTRACT, frozenset({"E1"}))


@given(
    st.sets(st.sampled_from(["E1", "E2", "E3", "E4"]), max_size=4),
    st.sets(st.sampled_from(["E1", "E2", "E3", "E4"]), max_size=4),
)
def test_evidence_f1_is_that_of_scikit_learn(found: set[str], wanted: set[str]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    names = ["E1", "E2", "E3", "E4"]
    rows = [[int(name in each) for name in names] for each in (wanted, found)]
    ours = scored(_with(found), _with(wanted), CONTRACT, valid=True).evidence
    if ours is None:
        assert not found | wanted
    else:
        theirs = metrics.f1_score(rows[0], rows[1], zero_division=0)
        assert ours == pytest.approx(theirs, abs=1e-6)


def _with(ids: set[str]) -> str:
    return reply(0, status="answered" if ids else "refused", evidence=sorted(ids))


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), min_size=1, max_size=4))
def test_bleu_is_that_of_sacrebleu(pairs: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sacrebleu.metrics")
    texts, references = [a for a, _ in pairs], [b for _, b in pairs]
    assert bleu(texts, references) * 100 == pytest.approx(
        metrics.BLEU().corpus_score(texts, [references]).score, abs=1e-6
    )
