"""How far people, or a person and a judge, agree beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import permutations


def cohen_kappa(one: Sequence[Hashable], other: Sequence[Hashable]) -> float | None:
    """Return the agreement of two raters beyond chance (Cohen 1960): 1 is perfect, 0 is chance.

    Returns:
        None where both always said the same one thing, or there is nothing: chance alone would agree.

    Example:
        >>> cohen_kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"])
        0.5
    """
    count = len(one)
    if not count or len(other) != count:
        return None
    agreed = sum(a == b for a, b in zip(one, other, strict=True)) / count
    firsts, seconds = Counter(one), Counter(other)
    chance = sum(firsts[name] * seconds[name] for name in firsts) / count**2
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def krippendorff_alpha(ratings: Sequence[Mapping[str, float]], *, ordinal: bool = True) -> float | None:
    """Return the agreement of any number of raters, of whom each may have left out some (Krippendorff 2011).

    Args:
        ratings: For each thing that was rated, the value that each rater gave it.
        ordinal: Whether values are ranks (1 to 5) rather than names without an order.

    Returns:
        At most 1; None where nothing was rated twice, or every value is the same.

    Example:
        >>> round(krippendorff_alpha([{"ana": 1, "ben": 1}, {"ana": 5, "ben": 4}, {"ana": 2, "ben": 2}]), 3)
        0.949
    """
    pairs: Counter[tuple[float, float]] = Counter()
    weights: dict[tuple[float, float], float] = {}
    for unit in ratings:
        values = list(unit.values())
        for pair in permutations(values, 2) if len(values) > 1 else ():
            pairs[pair] += 1
            weights[pair] = weights.get(pair, 0.0) + 1 / (len(values) - 1)
    totals: dict[float, float] = {}
    for (value, _), weight in weights.items():
        totals[value] = totals.get(value, 0.0) + weight
    count = sum(totals.values())
    distance = _ordinal(totals) if ordinal else _nominal
    observed = sum(weight * distance(*pair) for pair, weight in weights.items())
    expected = sum(totals[a] * totals[b] * distance(a, b) for a in totals for b in totals) / (count - 1 or 1)
    return 1 - observed / expected if expected else None


def _nominal(one: float, other: float) -> float:
    return float(one != other)


def _ordinal(totals: Mapping[float, float]) -> Callable[[float, float], float]:
    """Return the distance of ranks: the square of how many values lie between them, their own counted half."""

    def distance(one: float, other: float) -> float:
        low, high = min(one, other), max(one, other)
        between = sum(count for value, count in totals.items() if low <= value <= high)
        return (between - (totals[low] + totals[high]) / 2) ** 2

    return distance
