"""What is drift and what is not, and that the statistics are what their names say."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.drift.energy import distances, energy, strangeness
from hybrid.drift.permutation import p_value
from hybrid.drift.psi import binned, edges_of, permuted, psi
from hybrid.drift.questions import AskedQuestion, distinct, golden_questions
from hybrid.drift.report import render_html, report_fields, verdict_of
from hybrid.drift.watch import LEVEL, watch
from hybrid.errors import GoldenError
from hybrid.testing.memory import HashingEmbedder

TOPICS = ("refund", "parcel", "gateway", "invoice", "pump", "filter", "valve", "warranty", "licence", "probe")
VERBS = ("pay", "return", "replace", "order", "calibrate", "move", "sell", "cancel")
EMBED = HashingEmbedder().embed_documents


def golden(seed=1, count=80):
    chance = random.Random(seed)
    texts = [f"How do I {verb} the {topic} of my pool?" for verb in VERBS for topic in TOPICS][:count]
    return [AskedQuestion(name=f"g{n}", text=text, support=chance.random()) for n, text in enumerate(texts)]


def replay(questions, count=100, seed=2):
    chance = random.Random(seed)
    drawn = chance.choices(questions, k=count)
    return [AskedQuestion(name=f"t{n}", text=q.text, support=q.support, moment=60.0 * n) for n, q in enumerate(drawn)]


def foreign(count=50, **fields):
    return [
        AskedQuestion(
            **(
                {
                    "name": f"f{n}",
                    "text": f"Which galaxy {n} collides with star cluster {n * 7}?",
                    "support": 0.5,
                    "moment": 1e6 + n,
                }
                | fields
            )
        )
        for n in range(count)
    ]


vectors = st.lists(st.lists(st.floats(-3, 3), min_size=2, max_size=2), min_size=4, max_size=9)


@given(rows=vectors, data=st.data())
def test_the_energy_distance_is_its_definition(rows, data):
    points = np.array(rows)
    second = data.draw(st.integers(1, len(rows) - 1))
    member = np.arange(len(rows)) >= len(rows) - second
    one, two = points[~member], points[member]
    mean = lambda a, b: np.mean([np.linalg.norm(x - y) for x, y in itertools.product(a, b)])  # noqa: E731
    wanted = 2 * mean(one, two) - mean(one, one) - mean(two, two)
    assert energy(distances(points), member[None, :])[0] == pytest.approx(wanted, abs=1e-5)
    assert wanted >= -1e-9


def test_the_index_is_its_definition():
    reference, live = np.array([0] * 8 + [1] * 2), np.array([0] * 2 + [1] * 8)
    before, now = np.array([8.5, 2.5]) / 11, np.array([2.5, 8.5]) / 11
    wanted = sum((now - before) * np.log(now / before))
    assert psi(reference, live, 2) == pytest.approx(wanted)
    members = np.arange(20)[None, :] >= 10
    assert permuted(np.concatenate([reference, live]), members, 2)[0] == pytest.approx(wanted)


@given(values=st.lists(st.floats(-100, 100), min_size=1, max_size=50))
def test_every_value_has_a_bin(values):
    reference = np.array(values)
    edges = edges_of(reference)
    bins = binned(np.array([*values, -1e9, 1e9]), edges)
    assert bins.min() >= 0
    assert bins.max() <= len(edges)


def test_chance_is_uniform_where_nothing_differs():
    generator = np.random.default_rng(3)
    found = []
    for seed in range(60):
        between = distances(generator.normal(size=(40, 3)))
        found.append(p_value(lambda members, between=between: energy(between, members), 20, 20, level=0.02, seed=seed))
    assert 0.35 < np.mean(found) < 0.65
    assert sum(p <= 0.05 for p in found) <= 9


def test_chance_is_small_where_all_differs_and_as_small_as_the_level_needs():
    between = distances(np.concatenate([np.zeros((20, 2)), np.ones((20, 2))]))
    assert p_value(lambda members: energy(between, members), 20, 20, level=0.001, seed=1) <= 0.001


def test_the_strangest_vector_is_the_one_far_from_the_others():
    points = np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1], [9.0, 9.0]])
    assert strangeness(distances(points), np.array([False, False, True, True])).argmax() == 1


@pytest.mark.parametrize("seed", range(6))
def test_golden_questions_asked_again_are_no_drift(seed):
    questions = golden()
    report = watch(questions, replay(questions, 100, seed), embed=EMBED)
    assert report.alarms == ()
    assert verdict_of(report) == "no drift"
    assert [look.asked for look in report.looks] == [25, 50, 75, 100]


def test_questions_of_another_domain_are_drift_within_fifty_and_are_named():
    questions = golden()
    report = watch(questions, [*replay(questions, 50), *foreign(50)], embed=EMBED)
    looks = {look.asked for look, finding in report.alarms if finding.kind == "meaning"}
    assert looks
    assert min(looks) > 50
    named = [
        moved.question.name for _, finding in report.alarms for moved in finding.moved if finding.kind == "meaning"
    ]
    assert named
    assert all(name.startswith("f") for name in named)


def test_support_alone_can_move():
    questions = golden()
    weak = [AskedQuestion(name=q.name, text=q.text, support=0.01, moment=q.moment) for q in replay(questions, 75)]
    report = watch(questions, weak, embed=EMBED)
    assert {finding.kind for _, finding in report.alarms} == {"support"}
    assert all(moved.question.support == 0.01 for _, finding in report.alarms for moved in finding.moved)


def test_without_known_support_the_rest_is_compared():
    questions = [AskedQuestion(name=q.name, text=q.text) for q in golden()]
    report = watch(questions, replay(questions, 50), embed=EMBED)
    assert report.left_out == ("support",)
    assert {finding.kind for finding in report.looks[0].findings} == {"meaning", "length"}


def test_one_question_asked_again_and_again_counts_once():
    questions = golden()
    same = [AskedQuestion(name=f"s{n}", text="How do I  PAY the refund of my pool?") for n in range(40)]
    assert len(list(distinct(same))) == 1
    assert watch(questions, [*same, *replay(questions, 10)], embed=EMBED).alarms == ()


def test_too_few_questions_are_no_look():
    report = watch(golden(), foreign(24), embed=EMBED)
    assert (report.looks, report.alarms) == ((), ())
    assert verdict_of(report) == "no look yet: 24 questions of the period, 25 are needed"
    assert "no look yet" in render_html(report, "golden.jsonl")


def test_many_questions_make_wider_windows_and_no_more_looks():
    questions = golden()
    report = watch(questions, replay(questions, 1_200), embed=EMBED)
    assert (len(report.looks), report.step, report.window) == (40, 30, 60)
    assert report.level == LEVEL


def test_files_hold_no_words_of_a_question():
    report = watch(golden(), foreign(50), embed=EMBED)
    written = f"{report_fields(report)}{render_html(report, 'golden.jsonl')}"
    assert report.alarms
    assert "galaxy" not in written
    assert report.alarms[0][1].moved[0].question.name in written


def test_the_same_questions_give_the_same_report():
    questions = golden()
    one, two = (report_fields(watch(questions, foreign(50), embed=EMBED)) for _ in range(2))
    assert one == two


def test_a_golden_file_that_is_too_small_is_named(tmp_path):
    file = tmp_path / "golden.jsonl"
    file.write_text('{"id": "one", "question": "Why?"}\n{"id": "two", "question": " why? "}\n')
    with pytest.raises(GoldenError, match="1 distinct questions, at least 20"):
        golden_questions(file, {})
