import json
from pathlib import Path

import pytest

REPLY = {"status": "answered", "opening": "Here you go:", "closing": ""}


def example(name, question, document="refunds", quote="within 5 working days", **more):
    reply = {**REPLY, "evidence": [{"document": document, "quote": quote}]}
    fields = {"era": "2026-06", "author": "ana", "reviewer": "ben", "decision": "approved"}
    return {"id": name, "question": question, "reply": reply, **fields, **more}


def write(rows, name="rows.jsonl"):
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return name


def lines(path):
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYBRID_CONFIG", raising=False)


def test_dedupe_writes_what_stays(cli):
    write([example("a", "When are refunds paid?"), example("b", "when are refunds paid, please")])
    assert cli("data", "dedupe", "rows.jsonl").out.splitlines()[0] == "1 of 2 rows stay; --out writes them"
    report = cli("data", "dedupe", "rows.jsonl", "--out", "kept.jsonl", "--json").json
    assert [(each["id"], each["kept"]) for each in report["repeated"]] == [("b", "a")]
    assert [row["id"] for row in lines("kept.jsonl")] == ["a"]
    assert len(lines("rows.jsonl")) == 2


def test_split_leaves_out_what_nobody_approved(cli):
    rows = [example(f"r{at}", f"What does page {at} say?", f"d{at}") for at in range(150)]
    write([*rows, example("open", "Is there a lift?", decision="open", reviewer=None)])
    done = cli("data", "split", "rows.jsonl", "--train", "train.jsonl", "--held-out", "held.jsonl", "--share", "0.2")
    assert done.out.splitlines()[0] == "150 approved rows, seed 0, 1 that nobody approved are left out"
    assert (len(lines("train.jsonl")), len(lines("held.jsonl"))) == (120, 30)
    few = cli("data", "split", "rows.jsonl", "--train", "t.jsonl", "--held-out", "h.jsonl", "--share", "0.02")
    assert "3 held-out rows measure nothing" in few.error
    assert not Path("t.jsonl").exists()


def test_versions(cli):
    write([example("a", "When are refunds paid?"), example("b", "Is there a lift?", era="2026-09")])
    report = cli("data", "version", "rows.jsonl", "--keep", "--note", "first", "--json").json
    assert (report["rows"], report["eras"]) == (2, ["2026-06", "2026-09"])
    assert "first" in cli("data", "version").out
    write([example("b", "Is there a lift?", era="2026-09"), example("c", "Is there a bar?")], "new.jsonl")
    done = cli("data", "version", "--diff", report["version"][:8], "new.jsonl")
    assert done.out.splitlines()[0] == "1 added, 1 removed, 0 changed"
    assert "era '2027' does not exist" in cli("data", "version", "rows.jsonl", "--era", "2027").error


def test_export_and_import(cli):
    write([example("a", "When are refunds paid?"), example("b", "Is there a lift?", decision="rejected")])
    assert cli("data", "export", "rows.jsonl", "--out", "openai.jsonl").out.splitlines() == [
        "1 rows in openai.jsonl; 1 that nobody approved are left out"
    ]
    assert [each["role"] for each in lines("openai.jsonl")[0]["messages"]] == ["user", "assistant"]
    wanted = ("data", "import", "openai.jsonl", "--out", "back.jsonl", "--era", "2026-06", "--author", "ana")
    assert cli(*wanted).code == 0
    assert (lines("back.jsonl")[0]["decision"], lines("back.jsonl")[0]["author"]) == ("open", "ana")
    assert "exists already" in cli(*wanted).error
    Path("hybrid.toml").write_text('[data]\neras = ["2025-01"]\n')
    assert "era '2026-06' does not exist; [data] eras are 2025-01" in cli(*wanted[:4], "new.jsonl", *wanted[5:]).error


def test_drafts_are_open_and_go_on(cli, synced, monkeypatch):
    monkeypatch.chdir(synced)
    Path("asked.txt").write_text("When are refunds paid?\nWhat does the basic plan cost?\n")
    wanted = ("data", "draft", "asked.txt", "--out", "drafts.jsonl", "--era", "2026-06")
    assert len(cli(*wanted, "--json").json["written"]) == 2
    rows = lines("drafts.jsonl")
    assert {(row["decision"], row["reviewer"], row["author"]) for row in rows} == {("open", None, "model extractive-3")}
    assert any("5 working days" in json.dumps(row["reply"]) for row in rows)
    assert cli("data", "check", "drafts.jsonl").code == 0
    done = cli(*wanted)
    assert done.out.splitlines()[0].startswith("0 drafts in drafts.jsonl, 2 stood there already")
    refused = cli("data", "build", "drafts.jsonl", "--out", "rows.jsonl")
    assert "unapproved" in refused.error
