"""Splitting rows by their documents, so that nothing learned in training stands in what is held out."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence


def draw(seed: int, *names: str) -> int:
    """Return a number that depends on seed and names and on nothing else."""
    digest = hashlib.sha256("\0".join((str(seed), *names)).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def held_out(documents: Mapping[str, Sequence[str]], share: float, seed: int) -> frozenset[str]:
    """Return the names of the examples to hold out.

    Examples that rest on a document in common stay together, through however many others; those that rest on none (a
    refusal) stand alone. Of either kind about the share is held out, never all.

    Args:
        documents: For each example the ids of the documents that its reply rests on.
        share: Part to hold out, in [0, 1).
        seed: Decides which.

    Example:
        >>> held = held_out({"a": ["x"], "b": ["x", "y"], "c": ["y"], "d": ["z"]}, 0.5, seed=0)
        >>> sorted(held) in (["d"], ["a", "b", "c"])
        True
    """
    resting = [group for group in _groups(documents) if documents[group[0]]]
    alone = [[name] for name, found in documents.items() if not found]
    return frozenset((*_drawn(resting, share, seed), *_drawn(alone, share, seed)))


def _drawn(groups: Sequence[Sequence[str]], share: float, seed: int) -> Iterable[str]:
    total = sum(map(len, groups))
    if not share or len(groups) < 2:
        return ()
    wanted = min(max(1, round(share * total)), total - 1)
    taken: list[str] = []
    ordered = sorted(groups, key=lambda group: (draw(seed, "held-out", *group), group[0]))
    for group in ordered:
        if len(taken) + len(group) <= wanted:
            taken.extend(group)
    if not taken:
        # Every group is larger than what was asked for; the smallest comes nearest.
        taken.extend(min(ordered, key=len))
    return taken


def _groups(documents: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the examples that are connected by documents, whatever order they came in."""
    above: dict[str, str] = {}

    def root(document: str) -> str:
        while (parent := above.setdefault(document, document)) != document:
            above[document] = document = above[parent]
        return document

    for found in documents.values():
        for document in found:
            above[root(document)] = root(found[0])
    grouped: defaultdict[str, list[str]] = defaultdict(list)
    for name, found in sorted(documents.items()):
        grouped[root(found[0]) if found else f"\0{name}"].append(name)
    return list(grouped.values())
