"""How much was reviewed for a recipe, before anything of it is trained."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid_adapters.training._rows import ChatRow, PreferenceRow, read_chats, read_preferences
from hybrid_adapters.training.recipe import Recipe


def reviewed_pairs(recipe: Recipe) -> int | None:
    """Return how many examples somebody approved, or None for a recipe that reads text or golden questions.

    Rows that were made of one example count once.

    Raises:
        RowsError: The rows cannot be read, or one may not be trained on.
    """
    if recipe.method in ("pretrain", "ranker"):
        return None
    rows: Sequence[ChatRow | PreferenceRow] = (
        read_preferences(recipe.rows)[0] if recipe.method == "dpo" else read_chats(recipe.rows)[0]
    )
    return len({row.example or row.id for row in rows})
