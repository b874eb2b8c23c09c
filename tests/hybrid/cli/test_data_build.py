import json
from pathlib import Path

import pytest

REPLY = {"status": "answered", "opening": "Here you go:", "closing": ""}


def example(name, question, document="refunds", quote="within 5 working days", **more):
    evidence = [{"document": document, "quote": quote}]
    fields = {"era": "2026-06", "author": "ana", "reviewer": "ben", "decision": "approved"}
    return {"id": name, "question": question, "reply": {**REPLY, "evidence": evidence}, **fields, **more}


PAID = example("paid", "When are refunds paid?")
PLAN = example("plan", "What does the basic plan cost?", "plans", "ten euros a month")
SECRET = example("secret", "When does the contract with Acme end?", "contract", "ends in May 2027")
MOON = {**example("moon", "How far is the moon?"), "reply": {**REPLY, "status": "refused", "evidence": []}}


@pytest.fixture
def examples(synced):
    def write(*rows):
        path = synced / "examples.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write


def test_rows_and_card_are_written_and_summed_up(cli, examples):
    done = cli(
        "data", "build", examples(PAID, PLAN, MOON), "--out", "rows.jsonl", "--missing", "0.5", "--held-out", "0"
    )
    assert (done.code, done.err) == (0, "")
    rows = [json.loads(line) for line in Path("rows.jsonl").read_text("utf-8").splitlines()]
    card = json.loads(Path("rows.jsonl.card.json").read_text("utf-8"))
    assert len(rows) == card["rows"] == 4
    head, version, _, status, *_ = done.out.splitlines()
    assert head == "4 rows in rows.jsonl"
    assert card["version"].startswith(version.removeprefix("version "))
    assert status.split(maxsplit=1) == ["status", "answered 2, refused 2"]
    assert "tokens of prompt for each answer, estimated as characters / 4" in done.out


def test_as_json(cli, examples):
    report = cli("data", "build", examples(PAID, MOON), "--out", "rows.jsonl", "--distil-prompt", "--json").json
    assert (report["rows"], report["distilled"], report["left_out"], report["faulty"]) == (2, True, [], 0)
    assert report["prompt"]["tokens_distilled"] < report["prompt"]["tokens_full"]
    assert Path(report["file"]).is_file()


def test_an_example_to_mend_is_named_and_the_others_are_written(cli, examples):
    done = cli("data", "build", examples(PAID, SECRET), "--out", "rows.jsonl")
    assert done.error == "1 example has to be mended, see above; the rows of the others were written"
    assert done.code == 1
    assert "faulty  1  to be mended" in done.out
    assert "secret  its principal may not read docs:legal/contract.md" in done.out
    assert len(Path("rows.jsonl").read_text().splitlines()) == 1
    assert "May 2027" not in done.out + done.err + Path("rows.jsonl").read_text()


def test_evidence_that_is_not_found_is_no_fault(cli, examples, monkeypatch):
    monkeypatch.setattr("hybrid_adapters.rows.asking.PASSAGES", 1)
    lost = example("lost", "What does the basic plan cost?", "refunds", "Late ones by cheque")
    done = cli("data", "build", examples(PAID, lost), "--out", "rows.jsonl")
    assert (done.code, done.err) == (0, "")
    assert "not found  1  retrieval does not bring their evidence" in done.out
    assert "lost  none of the 1 passages found is of docs:refunds.md" in done.out


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--out", "absent/rows.jsonl"], "folder 'absent' does not exist"),
        (["--out", "rows.jsonl", "--missing", "2"], "give one from 0 to 1"),
        (["--out", "rows.jsonl", "--contract", "nowhere:Class"], "contract 'nowhere:Class' cannot be loaded"),
        (["--out", "rows.jsonl", "--model", "local:nowhere"], "'nowhere' is neither a folder nor a model"),
    ],
)
def test_wrong_use_writes_nothing(cli, examples, options, reason):
    done = cli("data", "build", examples(PAID), *options)
    assert (done.code, reason in done.error) == (2, True), done
    assert not Path("rows.jsonl").exists()


def test_files_that_hold_no_examples_are_named(cli, synced):
    Path("bad.jsonl").write_text('{"id": 1}\n')
    done = cli("data", "build", "bad.jsonl", "--out", "rows.jsonl")
    assert (done.code, done.error.startswith("bad.jsonl:1: ")) == (2, True)
