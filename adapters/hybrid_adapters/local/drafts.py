"""The replies that a model was taught, kept beside its weights: what it often says then takes it fewer passes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hybrid.errors import ModelFilesError

DRAFTS = "drafts.json"
"""Where they are kept, in a model's folder or an adapter's."""

_MOST = 96
_LARGEST = 2**20
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_REPLIES = TypeAdapter(list[str])


def save_drafts(folder: Path, replies: Iterable[str]) -> None:
    """Keep the replies that show all of what a model often says, the most usual ones first.

    Whoever may use the model may find out what is kept, by how fast a reply comes: give it replies of a training set,
    without claims, and never those of people.

    Args:
        folder: Of the model or the adapter.
        replies: Their JSON, as the model was taught to write it.

    Example:
        >>> save_drafts(Path("voice"), ['{"status":"refused","opening":"Sorry!"}'])  # doctest: +SKIP
    """
    text = json.dumps(_typical(list(replies)), ensure_ascii=False, indent=1)
    (folder / DRAFTS).write_text(text + "\n", "utf-8")


def read_drafts(folder: Path) -> tuple[str, ...]:
    """Return what is kept in a folder; nothing where there is none.

    Raises:
        ModelFilesError: The file cannot be read.
    """
    file = folder / DRAFTS
    try:
        if file.stat().st_size > _LARGEST:
            raise ModelFilesError(f"{file} is larger than any drafts are; delete it, replies only come slower without")
        return tuple(_REPLIES.validate_json(file.read_bytes()))
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError):
        raise ModelFilesError(f"{file} is no list of replies; delete it, replies only come slower without") from None


def _typical(replies: list[str]) -> list[str]:
    """Leave out what says nothing new."""
    counts = Counter(said for reply in replies for said in _said(reply))
    by_use = sorted(set(replies), key=lambda reply: (-sum(counts[said] for said in _said(reply)), reply))
    kept: list[str] = []
    known: set[str] = set()
    for reply in by_use:
        if not _said(reply) <= known:
            kept.append(reply)
            known |= _said(reply)
    return kept[:_MOST]


def _said(reply: str) -> set[str]:
    return set(_STRING.findall(reply))
