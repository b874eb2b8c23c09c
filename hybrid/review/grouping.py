"""Cases about the same thing side by side, so that one decision serves them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from hybrid.protocols import Vectors

_Item = TypeVar("_Item")

# Sentence embeddings of paraphrased questions lie above this, of questions on one topic below it.
ALIKE = 0.72


def grouped(
    items: Sequence[_Item], text: Callable[[_Item], str], embed: Callable[[Sequence[str]], Vectors]
) -> list[list[_Item]]:
    """Return the items in groups of like texts: the largest group first, the order of the items within each.

    Each item joins the group whose first text is nearest, if that is near enough, or begins one (leader clustering).

    Args:
        items: What is grouped.
        text: The text of an item.
        embed: Makes vectors of length one.
    """
    if not items:
        return []
    vectors = np.asarray(embed([text(item) for item in items]))
    leaders: list[int] = []
    groups: list[list[_Item]] = []
    for place, item in enumerate(items):
        near = vectors[leaders] @ vectors[place] if leaders else np.empty(0)
        if near.size and near.max() >= ALIKE:
            groups[int(near.argmax())].append(item)
        else:
            leaders.append(place)
            groups.append([item])
    return sorted(groups, key=len, reverse=True)
