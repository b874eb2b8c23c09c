"""``hybrid adapter compare`` on records of a real server's store."""

import random
import time
from pathlib import Path

import pytest
from running import CONFIGURATION

from hybrid.config import load_settings
from hybrid.experiments.assignment import variant_of
from hybrid.server.records import Drawn, Records
from hybrid.types import Answer, Principal

EXPERIMENT = """
[answer]
model = "local:hybrid-mini"

[answer.experiment]
name = "warmth"
variants = { "none" = 0.5, "warm@1" = 0.5 }
"""


@pytest.fixture
def experiment(project):
    Path("hybrid.toml").write_text(CONFIGURATION + EXPERIMENT)
    return load_settings(Path("hybrid.toml"))


def served(settings, rates, *, count=220, days=20.0):
    """Let many people ask, one after another, and rate down at a rate that depends on their variant."""
    chance = random.Random(5)
    now = time.time() - days * 86_400
    records = Records(settings.server.data, clock=lambda: now)
    for number in range(count):
        now += 0.9 * days * 86_400 / count
        user = Principal(user=f"user-{number}")
        variant = variant_of(settings.answer.experiment, user)
        answer = Answer(
            question="Why?", status="answered", text="", timings={"total": 0.5 if variant == "none" else 2.0}
        )
        records.answered(f"t{number}", f"key:{number}", user, answer, drawn=Drawn(experiment="warmth", variant=variant))
        if chance.random() < rates[variant]:
            records.rate(f"t{number}", f"key:{number}", "down", "")
    records.close()


def test_a_clear_winner_is_named_with_what_is_known_of_all(cli, experiment):
    served(experiment, {"none": 0.9, "warm@1": 0.1})
    done = cli("adapter", "compare", "--html", "compare.html")
    assert done.code == 0, done
    assert done.out.startswith("warm@1 is better than none since 20")
    assert "rated down (decides)" in done.out
    assert "0.50 s" in done.out
    page = Path("compare.html").read_text("utf-8")
    assert page.count("<svg") == 7
    assert "warm@1 is better than none" in page
    assert "http" not in page.replace("http-equiv", "")


def test_no_difference_is_no_decision_yet(cli, experiment):
    served(experiment, {"none": 0.3, "warm@1": 0.3})
    found = cli("adapter", "compare", "--json").json
    assert (found["verdict"], found["decided"]) == ("no decision yet between warm@1 and none", False)
    assert sum(variant["people"] for variant in found["variants"]) == 220
    seconds = next(each for each in found["differences"] if each["outcome"] == "seconds")
    assert 1 < seconds["low"] < 4 < seconds["high"]
    assert seconds["looks"][0]["high"] >= seconds["looks"][-1]["high"]


def test_before_the_first_day_is_over_nobody_counts(cli, experiment):
    served(experiment, {"none": 0.3, "warm@1": 0.3}, count=4, days=0.01)
    done = cli("adapter", "compare")
    assert "4 people whose time is not over are not counted yet" in done.out


def test_what_cannot_be_compared_is_said(cli, project):
    assert "write [answer.experiment] into hybrid.toml" in cli("adapter", "compare").error
    Path("hybrid.toml").write_text(CONFIGURATION + EXPERIMENT)
    assert "run hybrid serve first" in cli("adapter", "compare").error
    Path("hybrid.toml").write_text(CONFIGURATION + EXPERIMENT.replace("0.5 }", "0.7 }"))
    assert "add up to 1.2" in cli("adapter", "compare").error
