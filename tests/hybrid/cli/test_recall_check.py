import json
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest
from running import CONFIGURATION, write_documents

from hybrid.calibration import DEFAULT_THRESHOLD, load_threshold

REFUNDS = {
    "id": "refunds",
    "question": "When are refunds paid?",
    "relevant": [{"document": "refunds", "lines": [3, 3]}],
}
PLANS = {"id": "plans", "question": "What does the basic plan cost?", "relevant": [{"document": "plans.md"}]}
CONTRACT = {
    "id": "contract",
    "question": "When does the contract with Acme end?",
    "as": {"user": "ana", "groups": ["legal"]},
    "relevant": [{"document": "docs:legal/contract.md"}],
}
HIDDEN = {**CONTRACT, "id": "hidden", "as": {"user": "bob"}}
ZEBRA = {"id": "zebra", "question": "How fast does a zebra run in the savanna?", "answerable": False}
CORPUS = [
    {"_id": "cats", "title": "Cats", "text": "Cats purr when they are content."},
    {"_id": "dogs", "title": "Dogs", "text": "Dogs bark at the postman."},
]
QUERIES = [{"_id": "q1", "text": "Which animal purrs?"}, {"_id": "q2", "text": "Who barks at the postman?"}]
QRELS = "query-id\tcorpus-id\tscore\nq1\tcats\t1\nq2\tdogs\t1\n"


@pytest.fixture
def beir():
    folder = Path("animals")
    folder.mkdir()
    _rows(folder / "corpus.jsonl", CORPUS)
    _rows(folder / "queries.jsonl", QUERIES)
    (folder / "qrels.tsv").write_text(QRELS)
    return folder


def test_golden_questions_are_asked_as_their_own_principals(cli, synced):
    _golden(REFUNDS, PLANS, CONTRACT)
    done = cli("recall-check", "golden.jsonl")
    assert done.code == 0
    assert done.out.startswith("Recall check of golden.jsonl\n3 questions, ")
    assert "No leaks in 6 pairs of question and principal (2 principals)" in done.out
    assert done.out.endswith("PASSED  recall@5 1.000, at least 0.8\n")


def test_a_question_whose_document_is_closed_to_who_asks_is_a_miss_with_its_stage(cli, synced):
    _golden(REFUNDS, HIDDEN)
    done = cli("recall-check", "golden.jsonl", "--json", "report.json")
    assert done.code == 1
    assert done.error.startswith("recall-check of golden.jsonl failed: recall@5 is 0.5000, below 0.8")
    report = json.loads(Path("report.json").read_text())
    assert report["metrics"]["recall@5"] == 0.5
    assert [(miss["id"], miss["stage"]) for miss in report["misses"]] == [("hidden", "not permitted")]
    assert report["leaks"] == []


def test_the_limit_is_an_option(cli, synced):
    _golden(REFUNDS, HIDDEN)
    assert cli("recall-check", "golden.jsonl", "--min-recall", 0.5).code == 0
    assert cli("recall-check", "golden.jsonl", "--min-recall", 1.5).error.startswith("--min-recall 1.5 is out of range")


def test_unanswerable_questions_calibrate_the_refusal_of_the_index(cli, synced):
    _golden(REFUNDS, PLANS, ZEBRA)
    done = cli("recall-check", "golden.jsonl", "--json", "report.json")
    assert done.code == 0
    report = json.loads(Path("report.json").read_text())
    assert report["refusal"]["true_refusals"] == 1.0
    assert report["refusal"]["false_refusals"] == 0.0
    threshold = report["refusal"]["threshold"]
    assert load_threshold(Path(".hybrid")) == threshold != DEFAULT_THRESHOLD
    before = f"{DEFAULT_THRESHOLD:.4f}"
    assert (
        done.err == f"this index refuses questions below a support of {threshold:.4f} from now on (before: {before})\n"
    )


def test_without_unanswerable_questions_nothing_is_calibrated(cli, synced):
    _golden(REFUNDS)
    cli("recall-check", "golden.jsonl", "--json", "report.json")
    assert json.loads(Path("report.json").read_text())["refusal"] is None
    assert not Path(".hybrid/calibration.json").exists()


def test_a_threshold_in_the_configuration_is_said_to_win(cli, synced):
    Path("hybrid.toml").write_text("[answer]\nrefuse_below = 0.4\n" + CONFIGURATION)
    _golden(REFUNDS, ZEBRA)
    assert "but refuse_below = 0.4 in the configuration wins" in cli("recall-check", "golden.jsonl").err
    assert cli("recall-check", "golden.jsonl", "--quiet").err == ""


def test_a_threshold_that_separates_nothing_is_not_stored(cli, synced):
    twin = {**REFUNDS, "id": "twin", "answerable": False, "relevant": []}
    _golden(REFUNDS, twin)
    assert cli("recall-check", "golden.jsonl").err.startswith("no threshold separates the unanswerable questions")
    assert load_threshold(Path(".hybrid")) == DEFAULT_THRESHOLD


def test_reports_are_written_for_machines_and_people(cli, synced):
    _golden(REFUNDS)
    done = cli("recall-check", "golden.jsonl", "--json", "r.json", "--junit", "r.xml", "--html", "r.html")
    assert done.code == 0
    assert json.loads(Path("r.json").read_text())["questions"] == 1
    assert ElementTree.parse("r.xml").getroot().tag == "testsuites"
    assert Path("r.html").read_text().startswith("<!doctype html>")


def test_json_on_stdout_takes_the_place_of_the_table(cli, synced):
    _golden(REFUNDS)
    assert cli("recall-check", "golden.jsonl", "--json", "-").json["passed"] is True


def test_a_baseline_that_was_better_fails_the_check(cli, synced):
    _golden(REFUNDS)
    cli("recall-check", "golden.jsonl", "--json", "before.json")
    assert cli("recall-check", "golden.jsonl", "--baseline", "before.json").code == 0
    Path("docs/refunds.md").unlink()
    write_documents(Path("docs"), {"refunds.md": "# Zebras\n\n\nZebras have stripes.\n"})
    for number in range(8):
        write_documents(Path("docs"), {f"{number}.md": f"# Refunds {number}\n\nWhen refunds are paid: never.\n"})
    cli("sync")
    done = cli("recall-check", "golden.jsonl", "--baseline", "before.json", "--min-recall", 0)
    assert done.code == 1
    assert "recall@5 went from 1.0000 to 0.0000 against before.json" in done.error


def test_a_document_whose_reading_failed_is_a_miss_rather_than_unknown(cli, synced):
    write_documents(Path("docs"), {"broken.md": "---\naccess: [\n---\n"})
    cli("sync")
    _golden(REFUNDS, {"id": "b", "question": "What is broken?", "relevant": [{"document": "broken"}]})
    cli("recall-check", "golden.jsonl", "--json", "r.json")
    assert [miss["stage"] for miss in json.loads(Path("r.json").read_text())["misses"]] == ["not indexed"]


def test_a_beir_folder_needs_no_configuration(cli, beir):
    done = cli("recall-check", "--beir", beir, "--json", "-")
    assert done.code == 0
    assert done.json["questions"] == 2
    assert done.json["metrics"] == {"recall@5": 1.0, "recall@10": 1.0, "mrr@10": 1.0, "ndcg@10": 1.0}
    assert [path.name for path in Path().iterdir()] == ["animals"]


def test_the_throw_away_index_follows_the_folder(cli, beir, cache):
    cli("recall-check", "--beir", beir)
    assert len(list((cache / "recall-check").glob("animals-*"))) >= 1
    _rows(beir / "corpus.jsonl", [*CORPUS, {"_id": "frogs", "text": "Frogs croak at night."}])
    _rows(beir / "queries.jsonl", [{"_id": "q3", "text": "What croaks at night?"}])
    (beir / "qrels.tsv").write_text("q3 0 frogs 1\n")
    assert cli("recall-check", "--beir", beir, "--json", "-").json["metrics"]["mrr@10"] == 1.0


def test_a_throw_away_index_of_another_version_is_made_again(cli, beir, cache):
    assert cli("recall-check", "--beir", beir).code == 0
    for journal in (cache / "recall-check").glob("animals-*/generation-*/journal.sqlite"):
        with closing(sqlite3.connect(journal)) as connection:
            connection.execute("PRAGMA user_version = 4000")
    assert cli("recall-check", "--beir", beir).code == 0


def test_queries_without_judgement_are_an_error_unless_left_out(cli, beir):
    _rows(beir / "queries.jsonl", [*QUERIES, {"_id": "q9", "text": "Which query has no judgement?"}])
    done = cli("recall-check", "--beir", beir)
    assert done.code == 2
    assert "query 'q9' has no relevant document" in done.error
    assert cli("recall-check", "--beir", beir, "--judged-only", "--json", "-").json["left_out"] == 1


def test_queries_and_judgements_may_lie_elsewhere(cli, beir):
    (beir / "queries.jsonl").rename("some.jsonl")
    (beir / "qrels.tsv").rename("some.tsv")
    assert cli("recall-check", "--beir", beir, "--queries", "some.jsonl", "--qrels", "some.tsv").code == 0
    assert cli("recall-check", "--beir", beir).error == (
        "'animals/queries.jsonl' does not exist or is no file; name an existing one"
    )


def test_a_source_is_any_folder_and_its_own_questions_are_no_documents(cli):
    write_documents(Path("pages"), {"cats.md": "# Cats\n\nCats purr.\n", "deep/dogs.txt": "Dogs bark.\n"})
    _rows(Path("pages/queries.jsonl"), QUERIES)
    Path("pages/qrels [old].tsv").write_text("q1\tcats\t1\nq2\tdeep/dogs.txt\t1\n")
    questions = ("--queries", "pages/queries.jsonl", "--qrels", "pages/qrels [old].tsv")
    done = cli("recall-check", "--source", "pages", *questions, "--json", "-")
    assert done.code == 0
    (row, _) = done.json["per_question"]
    assert row["found"] == ["docs:cats.md", "docs:deep/dogs.txt"]


def test_in_a_source_documents_keep_the_readers_they_name(cli):
    write_documents(
        Path("pages"), {"cats.md": '---\naccess: ["group:vets"]\n---\n# Cats\n\nCats purr.\n', "dogs.md": "Bark."}
    )
    _questions(QUERIES, "q1 cats 1\nq2 dogs 1\n")
    done = cli("recall-check", "--source", "pages", "--queries", "q.jsonl", "--qrels", "q.tsv", "--json", "-")
    assert done.code == 1
    assert [(miss["expected"], miss["stage"]) for miss in done.json["misses"]] == [("docs:cats.md", "not permitted")]


def test_in_a_source_a_broken_document_is_reported_and_a_miss_not_the_end(cli):
    write_documents(Path("pages"), {"cats.md": "---\naccess: [\n---\n# Cats\n", "dogs.md": "Dogs bark.\n"})
    _questions(QUERIES, "q1 cats 1\nq2 dogs 1\n")
    done = cli("recall-check", "--source", "pages", "--queries", "q.jsonl", "--qrels", "q.tsv", "--json", "-")
    assert done.err.startswith("left out: cats.md:3: front matter is not valid YAML")
    assert [(miss["expected"], miss["stage"]) for miss in done.json["misses"]] == [("docs:cats.md", "not indexed")]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "give exactly one of GOLDEN, --beir FOLDER or --source FOLDER, got none"),
        (
            ["g.jsonl", "--beir", "x"],
            "give exactly one of GOLDEN, --beir FOLDER or --source FOLDER, got GOLDEN and --beir",
        ),
        (
            ["--beir", "x", "--source", "x"],
            "give exactly one of GOLDEN, --beir FOLDER or --source FOLDER, got --beir and",
        ),
        (["g.jsonl", "--qrels", "x"], "--queries, --qrels and --judged-only belong to --beir and --source"),
        (["--source", "x", "--qrels", "x"], "--source needs --queries FILE and --qrels FILE; name both"),
        (["--beir", "x", "--config", "x"], "--config and --beir exclude each other"),
        (["--beir", "x"], "'x' is not a folder; name one with documents"),
        (["--beir", "."], "'.' holds no corpus.jsonl; for other documents use --source"),
        (["g.jsonl", "--json", "no/r.json"], "'no/r.json' cannot be written: folder 'no' does not exist"),
        (["g.jsonl", "--baseline", "no.json"], "no.json: baseline cannot be read (No such file or directory)"),
        (["g.jsonl"], "'hybrid.toml' does not exist; run: hybrid init DIR"),
    ],
)
def test_what_contradicts_itself_or_is_missing_is_refused(cli, arguments, error):
    done = cli("recall-check", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith(error)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{", "golden.jsonl:1: broken JSON"),
        (
            '{"id": "a", "question": "x", "relevnt": []}',
            "golden.jsonl:1: unknown field 'relevnt'; did you mean 'relevant'?",
        ),
        ('{"id": "a", "question": "x"}', "golden.jsonl:1: question 'a' has no relevant document"),
        (
            '{"id": "a", "question": "x", "relevant": [{"document": "refnds"}]}',
            "golden.jsonl:1: question 'a': unknown doc",
        ),
        ('{"id": "a", "question": "x", "answerable": false}', "golden.jsonl: no answerable question"),
        ("", "golden.jsonl: the file is empty"),
    ],
)
def test_a_golden_file_that_cannot_be_scored_is_refused(cli, synced, line, error):
    Path("golden.jsonl").write_text(line)
    done = cli("recall-check", "golden.jsonl")
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith(error)


def test_a_corpus_that_became_unreadable_is_not_answered_from_the_cache(cli, beir):
    assert cli("recall-check", "--beir", beir).code == 0
    with (beir / "corpus.jsonl").open("a") as file:
        file.write("{\n")
    done = cli("recall-check", "--beir", beir)
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith("corpus.jsonl:3: is not a JSON object")


def test_a_leak_fails_the_check(cli, synced):
    _golden({**REFUNDS, "forbidden": ["plans"]})
    done = cli("recall-check", "golden.jsonl")
    assert done.code == 1
    assert "leaks, the first 'docs:plans.md' by question 'refunds'" in done.error


def test_a_source_without_documents_is_refused(cli):
    Path("empty").mkdir()
    _questions(QUERIES, "q1 cats 1\nq2 dogs 1\n")
    done = cli("recall-check", "--source", "empty", "--queries", "q.jsonl", "--qrels", "q.tsv")
    assert done.error == "'empty' holds no document that can be read; name a folder with documents"


def _golden(*rows):
    _rows(Path("golden.jsonl"), rows)


def _questions(queries, qrels):
    _rows(Path("q.jsonl"), queries)
    Path("q.tsv").write_text(qrels)


def _rows(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
