"""Whether the arms of an experiment hold as many units as they were given, at every look."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma, log

_MOST = 700.0


def shares_evidence(counts: Sequence[int], shares: Sequence[float]) -> float:
    """Return the evidence that units were not drawn with the given shares.

    It is a Bayes factor against a uniform distribution of shares, so that under the shares it ever reaches ``x`` with
    probability at most ``1 / x``, however often somebody looks (Lindon and Malek, "Anytime-valid inference for
    multinomial count data", 2022). Above 100 something loses units: a crash, a cache, a filter that knows the arms.

    Args:
        counts: Units in each arm.
        shares: Probability of each arm.

    Example:
        >>> shares_evidence([500, 500], [0.5, 0.5]) < 1 < 100 < shares_evidence([420, 580], [0.5, 0.5])
        True
    """
    total = sum(counts)
    logarithm = lgamma(len(counts)) - lgamma(len(counts) + total)
    for count, share in zip(counts, shares, strict=True):
        logarithm += lgamma(count + 1) - count * log(share)
    return exp(min(logarithm, _MOST))
