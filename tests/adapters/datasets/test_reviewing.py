"""Who may decide about which row, and what stands on the disk after it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from datasets_samples import clean, example, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid.contract import Contract, SupportReply
from hybrid.errors import RowsError
from hybrid_adapters.datasets.journal import journal_path
from hybrid_adapters.datasets.reading import load_records
from hybrid_adapters.datasets.records import Record
from hybrid_adapters.datasets.reviewing import Review
from hybrid_adapters.rows.example import load_examples


def drafts(path: Path, count: int = 3) -> Path:
    rows = [{**row, "decision": "open", "reviewer": None} for row in clean()[:count]]
    return write_rows(path / "rows.jsonl", rows)


def decisions(path: Path) -> dict[str, tuple[str, str | None, str | None]]:
    rows = (placed.example for placed in load_examples([path]))
    return {row.id: (row.decision, row.reviewer, row.second_reviewer) for row in rows}


def test_a_decision_changes_one_line_and_undo_brings_it_back(tmp_path: Path) -> None:
    path = drafts(tmp_path)
    before = path.read_bytes()
    review = Review(path, "ben")
    row = review.next()
    assert row is not None
    review.approve(row)
    assert decisions(path)[row.id] == ("approved", "ben", None)
    assert len(set(path.read_bytes().splitlines()) - set(before.splitlines())) == 1
    assert review.undo().id == row.id
    assert path.read_bytes() == before
    with pytest.raises(RowsError, match="decided nothing that could be undone"):
        review.undo()


def test_fifty_at_random_come_first_and_a_new_review_goes_on(tmp_path: Path) -> None:
    rows = [example(f"r{at:02}", f"What does rule {at} say?", reviewer=None, decision="open") for at in range(60)]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    seen: list[str] = []
    for _ in range(60):
        row = (review := Review(path, "ben")).next()
        assert row is not None
        seen.append(row.id)
        review.reject(row)
    assert len(set(seen)) == 60
    assert seen[:50] != sorted(seen[:50])
    assert seen[50:] == sorted(seen[50:])
    assert Review(path, "ben").next() is None
    assert Review(path, "ben").progress().of_sample == {"approved": 0, "edited": 0, "rejected": 50}


def test_two_people_approve_and_neither_wrote_it(tmp_path: Path) -> None:
    path = drafts(tmp_path, 1)
    assert Review(path, "Ana", two_reviewers=True).next() is None
    own = load_row(path)
    with pytest.raises(RowsError, match="was written by 'ana', and nobody approves their own"):
        Review(path, "ana", two_reviewers=True).approve(own)
    ben = Review(path, "ben", two_reviewers=True)
    ben.approve(own)
    assert decisions(path) == {"r0": ("open", "ben", None)}
    assert ben.next() is None
    with pytest.raises(RowsError, match="approved by the same person already"):
        ben.approve(load_row(path))
    Review(path, "eva", two_reviewers=True).approve(load_row(path))
    assert decisions(path) == {"r0": ("approved", "ben", "eva")}


def test_whoever_edits_is_an_author_and_approvals_are_void(tmp_path: Path) -> None:
    path = drafts(tmp_path, 1)
    Review(path, "ben", two_reviewers=True).approve(load_row(path))
    eva = Review(path, "eva", two_reviewers=True)
    row = load_row(path)
    eva.edit(row, {**row.fields(), "question": "How many days does a parcel to Norway take?"})
    assert decisions(path) == {"r0": ("open", None, None)}
    assert load_row(path).row.author == "ana, eva"
    with pytest.raises(RowsError, match="was written by 'eva'"):
        eva.approve(load_row(path))


def test_what_breaks_the_contract_cannot_be_approved(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [{**clean()[0], "decision": "open", "reply": {"status": "answered"}}])
    review = Review(path, "ben", contract=Contract(SupportReply))
    with pytest.raises(RowsError, match="edit it before it is approved"):
        review.approve(load_row(path))


def test_a_row_that_somebody_changed_meanwhile_is_looked_at_again(tmp_path: Path) -> None:
    path = drafts(tmp_path)
    review = Review(path, "ben")
    row = review.next()
    assert row is not None
    Review(path, "eva").reject(row)
    before = path.read_bytes()
    with pytest.raises(RowsError, match="was changed by somebody else"):
        review.approve(row)
    with pytest.raises(RowsError, match="no row|is missing|leave its id"):
        review.edit(review.next() or row, {"id": "other"})
    assert path.read_bytes() == before


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_review_that_was_killed_is_completed(tmp_path: Path, cut: int) -> None:
    path = drafts(tmp_path)
    before = path.read_bytes()
    review = Review(path, "ben")
    row = review.next()
    assert row is not None
    review.approve(row)
    after = path.read_bytes()
    # Killed after the journal was written, or while it was.
    path.write_bytes(before)
    journal = journal_path(path)
    journal.write_bytes(journal.read_bytes()[: -cut or None])
    reopened = Review(path, "ben")
    assert path.read_bytes() == (before if cut else after)
    left = reopened.next()
    assert left is not None
    reopened.reject(left)
    assert all(json.loads(line) for line in journal.read_bytes().splitlines())


def load_row(path: Path) -> Record:
    return load_records([path])[0]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["ben", "eva", "ana"]), st.sampled_from(["approve", "reject", "undo"]))))
def test_nothing_is_lost_whoever_decides_what(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    path = drafts(tmp_path_factory.mktemp("reviews"))
    texts = {row.id: (row.question, row.reply) for row in (placed.example for placed in load_examples([path]))}
    for reviewer, action in steps:
        review = Review(path, reviewer, two_reviewers=True)
        row = review.next()
        try:
            if action == "undo":
                review.undo()
            elif row is not None:
                getattr(review, action)(row)
        except RowsError:
            pass
    now = [placed.example for placed in load_examples([path])]
    assert {row.id: (row.question, row.reply) for row in now} == texts
    assert all(
        row.second_reviewer and "ana" not in (row.reviewer, row.second_reviewer)
        for row in now
        if row.decision == "approved"
    )
