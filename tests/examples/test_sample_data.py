"""The sample proves itself: its documents, its golden questions and the access between them."""

import datetime as dt
import html
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

SAMPLE = Path(__file__).parents[2] / "examples" / "support_bot"
DOCS = SAMPLE / "docs"
PATH_RULES = {"partners/installer-handbook.pdf": ["group:partners"]}
TODAY = dt.date(2026, 11, 22)


def front_matter(path: Path) -> dict[str, Any]:
    """Return a Markdown file's front matter; other formats are read by the configuration's path rules."""
    name = path.relative_to(DOCS).as_posix()
    if path.suffix != ".md":
        return {"title": name, "access": PATH_RULES.get(name, ["public"])}
    opening, block, _ = path.read_text(encoding="utf-8").split("---\n", 2)
    assert opening == "", f"{name} does not begin with front matter"
    return yaml.safe_load(block)


DOCUMENTS = {
    path.relative_to(DOCS).as_posix(): front_matter(path) for path in sorted(DOCS.rglob("*")) if path.is_file()
}
GOLDEN = [json.loads(line) for line in (SAMPLE / "golden.jsonl").read_text(encoding="utf-8").splitlines()]


def may_read(asker: dict[str, Any], document: str) -> bool:
    """Evaluate `access` and `deny` of a document for the asker of a golden row."""
    names = {"public", *(f"group:{group}" for group in asker["groups"])}
    if asker["user"] is not None:
        names.add(f"user:{asker['user']}")
    fields = DOCUMENTS[document]
    return bool(names.intersection(fields["access"])) and names.isdisjoint(fields.get("deny", []))


def by_id(row: dict[str, Any]) -> str:
    return row["id"]


def test_there_are_enough_documents_and_questions():
    tags = Counter(tag for row in GOLDEN for tag in row["tags"])
    assert len(DOCUMENTS) >= 60
    assert len(GOLDEN) >= 120
    assert tags["unanswerable"] >= 25
    assert tags.keys() >= {
        "direct",
        "paraphrased",
        "multi-document",
        "changed-fact",
        "permission-bound",
        "deny",
        "person",
    }


def test_ids_and_askers_of_questions_are_unambiguous():
    assert max(Counter(row["id"] for row in GOLDEN).values()) == 1
    asked = Counter((row["question"], row["as"]["user"], *row["as"]["groups"]) for row in GOLDEN)
    assert max(asked.values()) == 1


@pytest.mark.parametrize("suffix", [".pdf", ".html", ".xlsx", ".txt", ".rst", ".py"])
def test_one_document_of_each_other_format(suffix: str):
    assert sum(name.endswith(suffix) for name in DOCUMENTS) == 1


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_has_a_title_and_readers(name: str):
    fields = DOCUMENTS[name]
    assert fields["title"].strip()
    assert fields["access"], "a document without readers cannot answer anybody"
    for reader in [*fields["access"], *fields.get("deny", [])]:
        assert reader == "public" or reader.startswith(("group:", "user:"))


def test_the_audiences_differ():
    readers = {reader for fields in DOCUMENTS.values() for reader in fields["access"]}
    assert readers >= {"public", "group:customers", "group:partners", "group:support", "group:legal", "user:ana"}
    assert any(fields.get("deny") for fields in DOCUMENTS.values())


def test_both_versions_of_a_policy_meet_without_gap_or_overlap():
    old = {name.rsplit("/", 1)[1]: fields for name, fields in DOCUMENTS.items() if name.startswith("policies/2025-03/")}
    new = {name.rsplit("/", 1)[1]: fields for name, fields in DOCUMENTS.items() if name.startswith("policies/2026-06/")}
    assert old.keys() == new.keys()
    assert len(old) >= 5
    for name, fields in old.items():
        assert fields["valid_from"] < fields["valid_until"] == new[name]["valid_from"] <= TODAY
        assert "valid_until" not in new[name]


@pytest.mark.parametrize("row", GOLDEN, ids=by_id)
def test_every_document_named_by_a_question_exists(row: dict[str, Any]):
    named = [*(item["document"] for item in row["relevant"]), *row["forbidden"]]
    assert [name for name in named if name not in DOCUMENTS] == []
    assert row["answerable"] == bool(row["relevant"])


@pytest.mark.parametrize("row", GOLDEN, ids=by_id)
def test_every_quote_stands_on_its_lines(row: dict[str, Any]):
    for item in row["relevant"]:
        assert item["quote"].strip()
        if "lines" in item:
            first, last = item["lines"]
            lines = (DOCS / item["document"]).read_text(encoding="utf-8").split("\n")
            assert item["quote"] in "\n".join(lines[first - 1 : last])


def plain_text(path: Path) -> str:
    """Return the text of a document whose lines cannot be counted in the file itself."""
    if path.suffix == ".pdf":
        pypdf = pytest.importorskip("pypdf", reason="needs the extra `parse`")
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    if path.suffix == ".xlsx":
        openpyxl = pytest.importorskip("openpyxl", reason="needs the extra `parse`")
        sheets = openpyxl.load_workbook(path).worksheets
        return "\n".join(str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row)
    return html.unescape(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("suffix", [".pdf", ".xlsx", ".html"])
def test_quotes_without_lines_stand_in_the_text(suffix: str):
    items = [item for row in GOLDEN for item in row["relevant"] if item["document"].endswith(suffix)]
    assert items, f"no question is answered by the {suffix} document"
    for item in items:
        assert item["quote"] in plain_text(DOCS / item["document"]).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("row", GOLDEN, ids=by_id)
def test_the_asker_may_read_the_relevant_and_not_the_forbidden(row: dict[str, Any]):
    for item in row["relevant"]:
        assert may_read(row["as"], item["document"])
        assert DOCUMENTS[item["document"]].get("valid_until", dt.date.max) > TODAY, "an outdated answer is not relevant"
    assert [name for name in row["forbidden"] if may_read(row["as"], name)] == []


def test_questions_are_not_copied_from_the_documents():
    text = "\n".join(path.read_text(encoding="utf-8").casefold() for path in DOCS.rglob("*.md"))
    assert [row["id"] for row in GOLDEN if row["question"].casefold().rstrip("?") in text] == []
