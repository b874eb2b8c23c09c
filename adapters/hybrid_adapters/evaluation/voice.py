"""Which voice a reply speaks with, judged by its own words alone: character n-grams and a logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hybrid.errors import MissingExtraError

# Punctuation and endings of words tell registers apart; longer pieces would learn the phrases by heart.
_PIECES = (1, 4)


class VoiceJudge:
    """Tells voices apart.

    Args:
        spoken: For each voice the words of replies.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """

    def __init__(self, spoken: Mapping[str, Sequence[str]]) -> None:
        texts = [text for each in spoken.values() for text in each]
        self._judge = fresh_classifier().fit(texts, [voice for voice, each in spoken.items() for _ in each])

    def voices(self, texts: Sequence[str]) -> list[str]:
        """Return the likeliest voice of each text."""
        return [str(voice) for voice in self._judge.predict(list(texts))] if texts else []


def fresh_classifier() -> Any:
    """Return a classifier of texts that has learned nothing yet.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer  # pyright: ignore[reportMissingTypeStubs]
        from sklearn.linear_model import LogisticRegression  # pyright: ignore[reportMissingTypeStubs]
        from sklearn.pipeline import make_pipeline  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
    except ImportError:
        raise MissingExtraError(feature="voice adherence", extra="evaluate") from None
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=_PIECES, lowercase=False)
    return make_pipeline(pieces, LogisticRegression(C=30.0, class_weight="balanced", max_iter=1_000))
