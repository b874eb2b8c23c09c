"""The names of a row's cells are shown only where the cited document says them."""

from dataclasses import replace

import pytest

from hybrid import ANONYMOUS, Pipeline
from hybrid.evidence.selection import ScoringSelector, Selection
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document

TABLE = "| Plan | Monthly |\n|---|---|\n| Paddle | 39 |"


class LyingSelector:
    """Shows rows below a head that stands nowhere."""

    def __init__(self, selector):
        self._selector = selector

    def select(self, question, passages):
        found = self._selector.select(question, passages)
        return Selection(
            evidence=tuple(replace(unit, context="| Plan | Free for ever |") for unit in found.evidence),
            support=found.support,
        )


@pytest.mark.parametrize(("lies", "text"), [(False, "Plan: Paddle; Monthly: 39 [1]"), (True, "Paddle | 39 [1]")])
def test_a_row_is_named_by_its_own_table(lies, text):
    knowledge = WordOverlapKnowledge([public_document("plans.md", TABLE)])
    pipeline = Pipeline(knowledge=knowledge)
    selector = ScoringSelector(embed=knowledge.embed)
    pipeline.composer = replace(
        pipeline.composer, selector=LyingSelector(selector) if lies else selector, refuse_below=0.0
    )
    answer = pipeline.ask("What does Paddle cost monthly?", principal=ANONYMOUS)
    assert answer.text == text
    assert answer.citations[0].quote == "| Paddle | 39 |"
