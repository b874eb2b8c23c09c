"""The pipeline: documents in, and for a question and a principal an answer whose every citation was re-read."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from hybrid import _plugins
from hybrid.access import Narrowing
from hybrid.config import DEFAULT_FILE, Settings, build_connectors, load_settings
from hybrid.errors import ConfigError
from hybrid.protocols import Connector, Model, SyncedKnowledge
from hybrid.sync import ProgressCallback, SyncReport
from hybrid.types import Answer, Citation, Principal, SearchResult, StoredDocument
from hybrid.verify import Verdict, keep_verified, recheck

_PASSAGES = 8
_MAX_QUESTION = 20_000
_MAX_LIMIT = 10_000


class Pipeline:
    r"""Knowledge from documents and a model that may only point at it.

    Args:
        knowledge: Finds and shows what a principal may read.
        connectors: Where documents come from.
        model: Composes answers.

    Example:
        >>> import tempfile
        >>> from hybrid import Pipeline, Principal
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "refunds.md").write_text("# Refunds\n\nRefunds are paid within 5 working days.\n")
        >>> with Pipeline.from_folder(folder, readers=("public",)) as pipeline:
        ...     _ = pipeline.sync()
        ...     answer = pipeline.ask("When are refunds paid?", principal=Principal(user="ana"))
        ...     print(answer.citations[0].quote, answer.citations[0].lines)
        Refunds are paid within 5 working days. (3, 3)
    """

    def __init__(self, *, knowledge: SyncedKnowledge, connectors: Sequence[Connector] = (), model: Model) -> None:
        self.knowledge = knowledge
        self.connectors = tuple(connectors)
        self.model = model

    @classmethod
    def from_config(cls, path: str | Path = DEFAULT_FILE) -> Self:
        """Return the pipeline that a ``hybrid.toml`` describes.

        Raises:
            ConfigError: The file is absent or does not make sense.
            IndexLockedError: Another process holds the index.
        """
        return cls.from_settings(load_settings(Path(path)))

    @classmethod
    def from_folder(cls, folder: str | Path, *, readers: Sequence[str], index: str | Path | None = None) -> Self:
        """Return a pipeline over one folder of documents.

        Args:
            folder: The documents.
            readers: Who may read a document that names nobody itself, such as ``("public",)``.
            index: Folder of the index; ``.hybrid`` beside the documents when left out.
        """
        root = Path(folder).absolute()
        place = Path(index) if index else root.parent / ".hybrid" / root.name
        source = {"type": "folder", "name": "docs", "path": str(root), "default_readers": list(readers)}
        return cls.from_settings(Settings.model_validate({"index": {"path": place}, "sources": [source]}))

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the pipeline that settings describe."""
        connectors = build_connectors(settings)
        knowledge: SyncedKnowledge = _plugins.load("hybrid_indexes.assembly:open_knowledge")(settings)
        model: Model = _plugins.load("hybrid.models.extractive:from_settings")(settings, knowledge)
        return cls(knowledge=knowledge, connectors=connectors, model=model)

    def plan(self, *, accept_empty: Collection[str] = ()) -> SyncReport:
        """Return what ``sync`` would do; nothing is written."""
        return self.knowledge.plan(self.connectors, accept_empty=accept_empty)

    def sync(self, *, progress: ProgressCallback | None = None, accept_empty: Collection[str] = ()) -> SyncReport:
        """Bring the index up to date with the sources; documents that cannot be read keep their last good version.

        Args:
            progress: Called after each document.
            accept_empty: Names of sources that may list nothing although they have live documents; any other that does
                is taken for one that cannot be reached.
        """
        return self.knowledge.sync(self.connectors, progress=progress, accept_empty=accept_empty)

    def search(
        self,
        question: str,
        *,
        principal: Principal,
        limit: int = 10,
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
    ) -> SearchResult:
        """Return the best passages that ``principal`` may read, best first.

        Args:
            question: What is asked.
            principal: Who asks.
            limit: At most so many passages.
            narrowing: Metadata conditions, all of which must hold.
            moment: The moment at which documents must hold; now, when left out.

        Raises:
            ConfigError: The question is empty, too long or no text, or ``limit`` is not from 1 to 10,000.
            AccessError: No principal, or a narrowing without values.
            NotIndexedError: Nothing has been synced yet.
        """
        if not 1 <= limit <= _MAX_LIMIT:
            raise ConfigError(f"limit must be from 1 to {_MAX_LIMIT:,}, got {limit}")
        return self.knowledge.search(
            _checked(question), principal=principal, limit=limit, narrowing=narrowing, moment=moment
        )

    def ask(
        self,
        question: str,
        *,
        principal: Principal,
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
    ) -> Answer:
        """Return an answer whose citations were re-read from stored text, or a refusal.

        Args and errors are those of ``search``.
        """
        started = time.perf_counter()
        found = self.search(question, principal=principal, limit=_PASSAGES, narrowing=narrowing, moment=moment)
        searched = time.perf_counter()
        answer = self.model.answer(question, found.passages)
        composed = time.perf_counter()
        answer = keep_verified(answer, self.knowledge, principal)
        timings = {
            **found.timings,
            "answer": composed - searched,
            "verify": time.perf_counter() - composed,
            "total": time.perf_counter() - started,
        }
        return replace(answer, timings=timings, trace_id=uuid.uuid4().hex)

    async def asearch(
        self,
        question: str,
        *,
        principal: Principal,
        limit: int = 10,
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
    ) -> SearchResult:
        """Do what ``search`` does without blocking the event loop."""
        return await asyncio.to_thread(
            self.search, question, principal=principal, limit=limit, narrowing=narrowing, moment=moment
        )

    async def aask(
        self,
        question: str,
        *,
        principal: Principal,
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
    ) -> Answer:
        """Do what ``ask`` does without blocking the event loop."""
        return await asyncio.to_thread(self.ask, question, principal=principal, narrowing=narrowing, moment=moment)

    def source(self, document_id: str, *, principal: Principal) -> StoredDocument | None:
        """Return a live document, or None where it does not exist or ``principal`` may not read it."""
        return self.knowledge.document(document_id, principal=principal)

    def recheck(self, citations: Sequence[Citation], *, principal: Principal) -> list[Verdict]:
        """Return what has become of an old answer's citations."""
        return recheck(citations, self.knowledge, principal)

    def close(self) -> None:
        """Flush and release the index."""
        self.knowledge.close()

    def __enter__(self) -> Self:
        """Return the pipeline."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pipeline."""
        self.close()


def _checked(question: str) -> str:
    if not question.strip():
        raise ConfigError("the question is empty; ask something")
    if len(question) > _MAX_QUESTION:
        raise ConfigError(
            f"the question has {len(question):,} characters, at most {_MAX_QUESTION:,} are read; shorten it"
        )
    try:
        question.encode()
    except UnicodeEncodeError:
        raise ConfigError("the question holds bytes that are no UTF-8, or half a character; write it again") from None
    return question
