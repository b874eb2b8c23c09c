"""hybrid: answers from private, changing documents, with citations that are true and access that holds.

RAG for knowledge, fine-tuning for behaviour. Start with ``Pipeline`` and ``Principal``; everything else is
reachable from them. Importing this package loads no model, no engine and nothing from the network.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hybrid.conversation import Conversation
    from hybrid.errors import CheckFailed, HybridError, InputError
    from hybrid.pipeline import Pipeline
    from hybrid.types import (
        ANONYMOUS,
        Access,
        Answer,
        Citation,
        Document,
        Passage,
        Principal,
        SearchResult,
        StoredDocument,
    )
    from hybrid.verify import Verdict

__version__ = "0.1.0"

_HOMES = {
    "CheckFailed": "hybrid.errors",
    "HybridError": "hybrid.errors",
    "InputError": "hybrid.errors",
    "Pipeline": "hybrid.pipeline",
    "Conversation": "hybrid.conversation",
    "ANONYMOUS": "hybrid.types",
    "Access": "hybrid.types",
    "Answer": "hybrid.types",
    "Citation": "hybrid.types",
    "Document": "hybrid.types",
    "Passage": "hybrid.types",
    "Principal": "hybrid.types",
    "SearchResult": "hybrid.types",
    "StoredDocument": "hybrid.types",
    "Verdict": "hybrid.verify",
}

__all__ = [
    "ANONYMOUS",
    "Access",
    "Answer",
    "CheckFailed",
    "Citation",
    "Conversation",
    "Document",
    "HybridError",
    "InputError",
    "Passage",
    "Pipeline",
    "Principal",
    "SearchResult",
    "StoredDocument",
    "Verdict",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that importing the package stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hybrid' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]
