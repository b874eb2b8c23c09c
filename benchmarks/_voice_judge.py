"""Which voice a reply speaks with, judged by its phrases alone: character n-grams and a logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_FOLDS = 5
_SEED = 7
# Punctuation and endings of words tell registers apart; longer pieces would learn the phrases by heart.
_PIECES = (1, 4)


class VoiceJudge:
    """Tells voices apart.

    Args:
        spoken: For each voice the phrases of replies, as ``phrases_of`` returns them.
    """

    def __init__(self, spoken: Mapping[str, Sequence[str]]) -> None:
        texts = [text for each in spoken.values() for text in each]
        self._judge = _fresh().fit(texts, [voice for voice, each in spoken.items() for _ in each])

    def voices(self, texts: Sequence[str]) -> list[str]:
        """Return the likeliest voice of each text."""
        return [str(voice) for voice in self._judge.predict(list(texts))] if texts else []


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
    found = cross_val_predict(_fresh(), texts, voices, cv=folds)
    return sum(one == other for one, other in zip(found, voices, strict=True)), len(texts)


def _fresh() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=_PIECES, lowercase=False)
    return make_pipeline(pieces, LogisticRegression(C=30.0, class_weight="balanced", max_iter=1_000))
