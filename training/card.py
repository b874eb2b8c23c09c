"""The model card: what hybrid-mini is, what it was made from, what it is worth and what it cannot do."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from training.loop import Recipe

_TEMPLATE = Path(__file__).parent / "card.md.jinja"
_LIBRARIES = ("torch", "transformers", "tokenizers", "bitsandbytes")


def card(recipe: Recipe, facts: Mapping[str, object], scores: Mapping[str, float]) -> str:
    """Return the text of the card.

    Args:
        recipe: Settings of the training.
        facts: What it was trained on and where.
        scores: Held-out figures, those of baselines included.
    """
    import jinja2

    template = jinja2.Template(
        _TEMPLATE.read_text("utf-8"), keep_trailing_newline=True, undefined=jinja2.StrictUndefined
    )
    libraries = {name: version(name) for name in _LIBRARIES}
    settings = {**asdict(recipe), **facts, **libraries, "processor": platform.machine()}
    return template.render(settings=settings, scores=scores)
