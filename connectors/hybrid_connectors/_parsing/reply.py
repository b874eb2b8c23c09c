"""What the parsing process answers; checked on arrival, because the process has read hostile bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hybrid_connectors._parsing.parsed import Parsed

MAX_TEXT = 20_000_000
"""Characters of canonical text above which a file is refused."""

MAX_REPLY_BYTES = 8 * MAX_TEXT
"""Bytes of JSON above which a reply is not one of ours."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a file was not parsed."""

    kind: Literal["parse", "too_large", "missing"]
    """Damaged or dangerous, over a limit, or in need of packages that are not installed."""

    message: str
    """What is wrong with the file, to follow its path; for ``missing`` the feature."""


Reply = Parsed | Refusal
