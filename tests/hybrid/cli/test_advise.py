"""``hybrid advise``: what it collects, what it writes, what it refuses to read."""

import json
import shutil
from pathlib import Path

import pytest

from hybrid.config import load_settings
from hybrid.evaluation.last_check import LastCheck, save_last_check


def example(number, decision="approved"):
    return {
        "id": f"e{number}",
        "question": "When are refunds paid?",
        "reply": {},
        "era": "2026",
        "author": "ana",
        "reviewer": "ben",
        "decision": decision,
    }


@pytest.fixture
def reviewed(project):
    rows = [*(example(number) for number in range(210)), example(210, "open"), example(211, "rejected")]
    Path("pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    folder = Path("adapters/warm/evaluations")
    folder.mkdir(parents=True)
    for day, score in enumerate((0.70, 0.71, 0.70), start=1):
        report = {"adapter": "warm@1", "created": f"2026-03-0{day}T00:00:00Z", "rows": 60, "score": score}
        (folder / f"{day}.json").write_text(json.dumps(report | {"error_classes": {"cold": 0.2}, "arms": {}}))
    (folder / "notes.json").write_text("{}")
    Path("advise.toml").write_text(
        'goals = ["tone"]\ntried = ["prompt"]\nexamples = ["pairs.jsonl"]\n'
        'facts_change = "yearly"\nplan = "plan.json"\n'
    )
    plan = {
        "recipe": "warm",
        "paybacks": [{"against": "a longer prompt", "saved": {}, "questions": [1, 9], "weeks": [0.1, 2]}],
    }
    Path("plan.json").write_text(json.dumps(plan))
    index = load_settings(Path("hybrid.toml")).index.path
    index.mkdir()
    kept = {"golden": "g.jsonl", "created": "2026-01-01T00:00:00Z", "recall": 0.91, "interval": (0.8, 1.0)}
    save_last_check(index, LastCheck.model_validate({**kept, "answerable": 50, "leaks": 0}))
    return Path()


def test_everything_that_was_measured_is_counted(cli, reviewed):
    done = cli("advise", "--json")
    assert done.code == 0
    assert (done.json["verdict"], done.json["because"]["rule"], done.json["training_refused"]) == ("adapter", 6, False)
    numbers = {finding["rule"]: finding["numbers"] for finding in done.json["findings"]}
    assert (numbers[10]["recall"], numbers[7]["approved"], numbers[7]["waiting"]) == (0.91, 210, 1)
    assert done.json["unread"] == ["warm/evaluations/notes.json"]
    assert "against a longer prompt: pays back after 0.1 to 2.0 weeks" in str(done.json["findings"])


def test_the_record_is_markdown(cli, reviewed):
    page = cli("advise").out
    assert page.startswith("# Decision: adapter\n")
    assert "Training an adapter is **not refused**." in page
    assert "`warm/evaluations/notes.json` is no report of an evaluation" in page
    assert "## Where the sources contradict each other" in page


def test_evaluations_of_one_adapter_count_alone(cli, reviewed):
    assert cli("advise", "--adapter", "cool", "--json").json["verdict"] == "prompt"
    assert cli("advise", "--adapter", "warm@1", "--json").json["verdict"] == "adapter"
    assert "no adapter's name" in cli("advise", "--adapter", "../warm").error


def test_what_was_measured_or_promoted_again_is_no_further_step(cli, reviewed):
    for file in sorted(Path("adapters/warm/evaluations").glob("[123].json")):
        known = json.loads(file.read_text()) | {
            "weights_sha256": "a",
            "gate": {"passed": False, "reasons": ["no gain"]},
        }
        file.write_text(json.dumps(known))
    found = cli("advise", "--json").json
    assert found["verdict"] == "prompt"
    assert "1 evaluations on held-out rows are known" in str(found["missing"])
    assert "warm@1 did not pass the gate" in str(found["findings"])


def test_evaluations_of_several_adapters_are_not_mixed(cli, reviewed):
    shutil.copytree("adapters/warm", "adapters/cool")
    assert "evaluations of cool, warm are known; say which" in str(cli("advise", "--json").json["missing"])
    with Path("hybrid.toml").open("a") as file:
        file.write('\n[answer]\nmodel = "local:hybrid-mini"\nadapter = "warm@1"\n')
    assert cli("advise", "--json").json["because"]["rule"] == 6


def test_a_leak_comes_before_everything(cli, reviewed):
    index = load_settings(Path("hybrid.toml")).index.path
    check = LastCheck.model_validate_json((index / "last-check.json").read_bytes())
    save_last_check(index, check.model_copy(update={"leaks": 2}))
    because = cli("advise", "--json").json["because"]
    assert (because["rule"], because["blocks"], because["numbers"]) == (51, True, {"leaks": 2})


def test_the_index_says_how_often_documents_change(cli, synced):
    Path("advise.toml").write_text('goals = ["facts"]\n')
    done = cli("advise", "--json")
    assert done.json["verdict"] == "retrieval"
    assert "how often facts change is not known yet" in str(done.json["missing"])


def test_a_template_is_written_once(cli, project):
    assert cli("advise", "--init").code == 0
    assert cli("advise").code == 0
    assert "is there already" in cli("advise", "--init").error


def test_a_file_that_was_named_must_be_there(cli, project):
    assert "hybrid advise --init --file known.toml" in cli("advise", "--file", "known.toml").error


def test_without_anything_it_asks_for_all(cli):
    done = cli("advise")
    assert done.out.startswith("# Decision: prompt\n")
    assert "run: hybrid recall-check GOLDEN" in done.out
    assert "hybrid advise --init" in done.err


def test_a_plan_that_is_none_is_named(cli, reviewed):
    Path("plan.json").write_text("[]")
    assert "is no plan" in cli("advise").error
