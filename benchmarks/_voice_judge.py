"""Which voice a reply speaks with, judged by its phrases alone: character n-grams and a logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hybrid_adapters.evaluation.voice import VoiceJudge, fresh_classifier

__all__ = ["VoiceJudge", "phrases_of", "right_on_unseen_phrases"]

_FOLDS = 5
_SEED = 7


def phrases_of(reply: Mapping[str, Any]) -> str:
    """Return what a reply says in the voice's own words."""
    return f"{reply['opening']}\n{reply['closing']}"


def right_on_unseen_phrases(phrases: Mapping[str, Sequence[str]]) -> tuple[int, int]:
    """Return how many phrases are given to their voice by judges that never saw them, and of how many.

    An example's phrases come again in others, so that examples alone would only show a good memory.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    texts = [text for each in phrases.values() for text in each]
    voices = [voice for voice, each in phrases.items() for _ in each]
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    found = cross_val_predict(fresh_classifier(), texts, voices, cv=folds)
    return sum(one == other for one, other in zip(found, voices, strict=True)), len(texts)
