"""People rate replies without knowing who wrote them, and their ratings come back with how far they agree."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from evaluation_samples import CONTRACT, evaluation, reply, row

from hybrid._cli.main import run
from hybrid_adapters.evaluation.arms import Arm, Outcome
from hybrid_adapters.evaluation.rating import CRITERIA, Item, items, sheet
from hybrid_adapters.evaluation.rating_page import write_sheet
from hybrid_adapters.evaluation.records import JudgeRecord, Preference
from hybrid_adapters.evaluation.report import load_evaluations, save_evaluation
from hybrid_adapters.evaluation.scoring import scored
from hybrid_adapters.evaluation.written import Written
from hybrid_adapters.registry import Registry

SCORES = {"base": 0.1, "prompt": 0.4, "tuned": 0.9}


class Silent:
    def write(self, chat, ids, voice, reference):
        raise AssertionError("nothing is written here")


@pytest.fixture
def replies(registry: Registry) -> list[Item]:
    """The replies of an evaluation that the registry keeps, whose judge always prefers the adapter."""
    thought = {f"r-{at}": "better" for at in range(40)}
    preference = Preference(wins=40, ties=0, losses=0, interval=(0.9, 1.0), flipped=0.0)
    judge = JudgeRecord(model="judge", preferences={"prompt": preference}, verdicts={"prompt": thought})
    kept = evaluation(registry, "voice@2", SCORES, judge=judge)
    save_evaluation(registry.folder, kept)
    rows = tuple(row(at, split="held-out") for at in range(40))
    text = reply(0)
    written = Written(raw=text, reply=text, valid=True, seconds=0.1, tokens=3)
    outcomes = {
        name: Outcome(
            arm=Arm(name=name, model="tiny", writer=Silent(), chat=lambda each: each.prompt),
            rows=rows,
            written=(written,) * 40,
            scored=tuple(scored(text, each.reply, CONTRACT, valid=True) for each in rows),
        )
        for name in ("base", "prompt", "tuned")
    }
    return items(outcomes, kept.dataset.version)


@pytest.fixture
def empty(replies: list[Item]) -> str:
    return sheet(replies)


def filled(text: str, file: Path, values: list[int]) -> Path:
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    for line, value in zip(lines, values, strict=False):
        line.update(dict.fromkeys(CRITERIA, str(value)))
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, lines[0].keys())
        writer.writeheader()
        writer.writerows(lines)
    return file


def test_a_sheet_tells_nothing_of_who_wrote_what(empty: str) -> None:
    lines = list(csv.DictReader(io.StringIO(empty, newline="")))
    assert len(lines) == len({line["item"] for line in lines}) == 2 * 40
    assert all("tuned" not in cell and "prompt" not in cell for line in lines for cell in line.values())


def test_ratings_come_back_with_their_agreement(registry: Registry, empty: str, tmp_path: Path, capsys) -> None:
    ana = filled(empty, tmp_path / "ana.csv", [1, 3, 5] * 26)
    ben = filled(empty, tmp_path / "ben.csv", [1, 3, 5] * 26)
    arguments = ["adapter", "rate", "voice@2", str(ana), str(ben), "--registry", str(registry.folder), "--json"]
    assert run(arguments) == 0
    printed = json.loads(capsys.readouterr().out)
    kappa = printed["agreement"].pop("kappa_judge_prompt")
    assert printed["agreement"] == {f"alpha_{name}": 1.0 for name in CRITERIA}
    # The judge says the same of every row: it agrees with people no better than chance.
    assert kappa == pytest.approx(0.0)
    assert 1 <= printed["ratings"]["tuned"]["accuracy"] <= 5
    assert load_evaluations(registry.folder, "voice")[-1].ratings == printed["ratings"]


@pytest.mark.parametrize(("value", "message"), [(9, "'9' is no rating"), (0, "'0' is no rating")])
def test_what_is_no_rating_is_named(
    registry: Registry, empty: str, tmp_path: Path, capsys, value: int, message: str
) -> None:
    file = filled(empty, tmp_path / "ana.csv", [value])
    assert run(["adapter", "rate", "voice@2", str(file), "--registry", str(registry.folder)]) == 2
    assert message in capsys.readouterr().err
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    assert run(["adapter", "rate", "voice@2", str(tmp_path / "other.csv"), "--registry", str(registry.folder)]) == 2
    assert "is no rating sheet" in capsys.readouterr().err


def test_a_browser_rates_and_what_it_saves_is_read(
    registry: Registry, replies: list[Item], tmp_path: Path, chromium, capsys
) -> None:
    hostile = replace(replies[0], reply="</script><script>document.title = 'owned'</script>")
    file = tmp_path / "sheet.html"
    write_sheet(file, [hostile, *replies[1:]], "a version")
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text))
    page.on("request", lambda sent: None if sent.url.startswith(("file:", "blob:")) else complaints.append(sent.url))
    page.goto(file.as_uri())
    assert page.title() == "Rating replies"
    assert page.locator("#reply").inner_text() == hostile.reply
    page.get_by_label("Your name").fill("Ana")
    page.locator("#place").focus()
    for key in "5543":
        page.keyboard.press(key)
    page.keyboard.press("ArrowRight")
    page.get_by_role("group", name="accuracy").get_by_label("2").check()
    # What was rated is there again after the page was closed.
    page.reload()
    assert "Reply 2 of 80" in page.locator("#place").inner_text()
    assert "1 rated" in page.locator("#done").inner_text()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save ratings").click()
    saved = tmp_path / saving.value.suggested_filename
    saving.value.save_as(saved)
    page.close()
    assert (saved.name, complaints) == ("ratings-Ana.csv", [])
    lines = list(csv.DictReader(saved.read_text("utf-8").splitlines()))
    assert [[line[name] for name in CRITERIA] for line in lines] == [["5", "5", "4", "3"], ["2", "", "", ""]]
    assert [line["item"] for line in lines] == [each.item for each in replies[:2]]
    assert run(["adapter", "rate", "voice@2", str(saved), "--registry", str(registry.folder), "--json"]) == 0
    ratings = json.loads(capsys.readouterr().out)["ratings"]
    assert sorted(value for arm in ratings.values() for value in arm.values())[0] >= 2


def test_a_sheet_is_a_page_where_its_name_says_so(replies: list[Item], tmp_path: Path) -> None:
    for name, begins in (("a.csv", "item,asked"), ("a.html", "<!doctype html>")):
        write_sheet(tmp_path / name, replies, "a version")
        assert (tmp_path / name).read_text("utf-8").startswith(begins)
