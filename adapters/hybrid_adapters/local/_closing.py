"""Bringing a reply to a valid end when its tokens run out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What ends something in JSON, the most inner first: a string before an object, an object before a list, null instead of
# a value, and a comma only where nothing can end. A quotation mark that opens an id is as good as null. A number that
# must go on ends soonest with any digit but 0: -0.000... is none until another one comes.
_ENDS = b'"}]n,123456789'


def _ranks() -> NDArray[np.uint8]:
    ranks = np.full(256, len(_ENDS), dtype=np.uint8)
    ranks[list(_ENDS)] = np.arange(len(_ENDS))
    return ranks


_RANK = _ranks()


def closing_tokens(allowed: NDArray[np.intp], first_bytes: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return those of the admitted tokens that lead to the end of a reply soonest.

    Every string, list and number of a contract can end after a bounded number of tokens, so taking these at each step
    ends any reply.

    Args:
        allowed: Token ids that the grammar admits.
        first_bytes: First byte of every token.
    """
    ranks = _RANK[first_bytes[allowed]]
    return allowed[ranks == ranks.min(initial=len(_ENDS))]
