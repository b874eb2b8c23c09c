"""Readers of formats that are not text, all run in a process with limits."""

from hybrid_connectors._parsing.guard import parse
from hybrid_connectors._parsing.parsed import Parsed

__all__ = ["Parsed", "parse"]
