"""A ranker's scores order units and speak for an answer; without one nothing changes."""

import numpy as np

from hybrid import _plugins
from hybrid.errors import MissingExtraError
from hybrid.evidence.selection import ScoringSelector

QUESTION = "How long do refunds take?"
TEXT = "Refunds are our pride. Five days is what the bank needs. Refunds take time."


class KnownAnswer:
    """Scores one text by a figure and every other far below."""

    def __init__(self, answer: str, score: float) -> None:
        self._answer = answer
        self._score = score

    name = "known@1"

    def scores(self, question, texts):
        return np.array([self._score if self._answer in text else -9.0 for text in texts], dtype=np.float32)


def test_a_unit_rises_where_the_ranker_prefers_it(passage, embed):
    def lead(ranker):
        chosen = ScoringSelector(embed=embed, ranker=ranker).select(QUESTION, [passage(TEXT)]).evidence
        scores = {unit.text: unit.score for unit in chosen}
        assert [unit.score for unit in chosen] == sorted(scores.values(), reverse=True)
        return scores["Five days is what the bank needs."] - scores["Refunds take time."]

    assert lead(KnownAnswer("Five days", 9.0)) > lead(None) > lead(KnownAnswer("take time", 9.0))


def test_support_grows_with_the_best_score_and_with_nothing_else_of_the_ranker(passage, embed):
    supports = [
        ScoringSelector(embed=embed, ranker=KnownAnswer("Five days", score)).select(QUESTION, [passage(TEXT)]).support
        for score in (-9.0, -1.0, 0.0, 4.0)
    ]
    assert supports == sorted(set(supports))
    assert all(0 < support < 1 for support in supports)


def test_without_its_packages_there_is_no_ranker(monkeypatch):
    def missing(*_):
        raise MissingExtraError(feature="the evidence ranker", extra="offline")

    monkeypatch.setattr(_plugins, "load", lambda _: missing)
    assert _plugins.ranker() is None
