"""The replies that a model was taught, kept beside its weights: what it often says then takes it fewer passes."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from hybrid.errors import ModelFilesError
from hybrid_adapters.registry.files import DRAFTS

Phrases = frozenset[tuple[str, str, str]]
"""Status, field and what the field says in replies of that status."""

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


def read_drafts(folder: Path, bound: str | None = None) -> tuple[str, ...]:
    """Return what is kept in a folder; nothing where there is none.

    Args:
        folder: Of the model or the adapter.
        bound: SHA-256 (hex) that the file must have; None takes it as it is.

    Raises:
        ModelFilesError: The file cannot be read, or is another one than was bound.
    """
    file = folder / DRAFTS
    try:
        if file.stat().st_size > _LARGEST:
            raise ModelFilesError(f"{file} is larger than any drafts are; delete it, replies only come slower without")
        held = file.read_bytes()
        if bound is not None and hashlib.sha256(held).hexdigest() != bound:
            raise ModelFilesError(f"{file} was changed after training: restore it, or roll back to another version")
        return tuple(_REPLIES.validate_json(held))
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError):
        raise ModelFilesError(f"{file} is no list of replies; delete it, replies only come slower without") from None


def phrases_in(replies: Iterable[str]) -> Phrases:
    """Return what replies say outside of lists and objects, other than their status.

    Args:
        replies: Their JSON; what is no reply says nothing.

    Example:
        >>> phrases_in(['{"status":"refused","opening":"Sorry!","evidence":[]}'])
        frozenset({('refused', 'opening', 'Sorry!')})
    """
    held = [reply for reply in map(_fields, replies) if isinstance(reply.get("status"), str)]
    return frozenset(
        (reply["status"], name, said)
        for reply in held
        for name, said in reply.items()
        if name != "status" and isinstance(said, str)
    )


def _fields(reply: str) -> dict[str, Any]:
    try:
        read = json.loads(reply)
    except ValueError:
        return {}
    return cast("dict[str, Any]", read) if isinstance(read, dict) else {}


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
