"""Which rows an adapter was trained on, as hashes beside its weights, so that no evaluation asks what was learned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from hybrid.errors import ModelFilesError

FILE = "seen.txt"
"""Name of the file within the folder of training papers."""

_PAPERS = "training"


class Said(Protocol):
    """A message of a chat."""

    @property
    def role(self) -> str:
        """Who speaks."""
        ...

    @property
    def content(self) -> str:
        """What is said."""
        ...


def row_digest(messages: Sequence[Said]) -> str:
    """Return the SHA-256 (hex) of what the user of a chat asks, evidence included; whoever knows it knows the row."""
    asked = "\0".join(message.content for message in messages if message.role == "user")
    return hashlib.sha256(asked.encode()).hexdigest()


def write_seen(folder: Path, digests: Iterable[str]) -> None:
    """Write the hashes of the rows that were trained on into a folder of training papers."""
    (folder / FILE).write_text("".join(f"{digest}\n" for digest in sorted(set(digests))), "utf-8")


def read_seen(adapter: Path) -> frozenset[str] | None:
    """Return the hashes that a training kept; None where it kept none.

    Raises:
        ModelFilesError: They cannot be read.
    """
    file = adapter / _PAPERS / FILE
    try:
        return frozenset(file.read_text("utf-8").split())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFilesError(f"{file} cannot be read ({error}); train the adapter anew") from None
