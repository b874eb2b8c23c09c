"""The pipeline: documents in, and for a question and a principal an answer whose every citation was re-read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Generator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack

from hybrid import _plugins
from hybrid.access import Narrowing
from hybrid.answering.assembly import composer_from_settings, default_composer
from hybrid.answering.composer import Composer
from hybrid.answering.events import AnswerEvent, DoneEvent
from hybrid.answering.question import Asking, AskOptions, checked_question
from hybrid.answering.request import Style
from hybrid.answering.running import answer_events, off_the_loop, with_error_event
from hybrid.config import DEFAULT_FILE, Settings, build_connectors, load_settings
from hybrid.conversation import Conversation
from hybrid.conversation.rewriting import RuleRewriter
from hybrid.conversation.standalone import Rewriter
from hybrid.errors import ConfigError
from hybrid.protocols import Closing, Connector, SyncedKnowledge
from hybrid.sync import ProgressCallback, SyncReport
from hybrid.types import Answer, Citation, Principal, SearchResult, StoredDocument
from hybrid.verify import Verdict, recheck

_MAX_LIMIT = 10_000


class Pipeline:
    r"""Knowledge from documents and a model that may only point at it.

    Args:
        knowledge: Finds and shows what a principal may read.
        connectors: Where documents come from.
        composer: Makes answers out of passages: model, contract, selection of evidence, checks.
        rewriter: Completes questions that lean on earlier ones.

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

    def __init__(
        self,
        *,
        knowledge: SyncedKnowledge,
        connectors: Sequence[Connector] = (),
        composer: Composer | None = None,
        rewriter: Rewriter | None = None,
    ) -> None:
        self.knowledge = knowledge
        self.connectors = tuple(connectors)
        self.composer = composer or default_composer(knowledge)
        self.rewriter = rewriter or RuleRewriter()
        self.settings: Settings | None = None
        """What a configuration said; None where the pipeline was composed in Python."""

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
    def from_settings(cls, settings: Settings, *, knowledge: SyncedKnowledge | None = None) -> Self:
        """Return the pipeline that settings describe.

        Args:
            settings: What a ``hybrid.toml`` says.
            knowledge: Finds and shows instead of the index that the settings name, which is then not opened.
        """
        connectors = build_connectors(settings)
        if knowledge is None:
            knowledge = _plugins.load("hybrid_indexes.assembly:open_knowledge")(settings)
            assert knowledge is not None
        try:
            composer = composer_from_settings(settings, knowledge)
        except BaseException:
            knowledge.close()
            raise
        pipeline = cls(knowledge=knowledge, connectors=connectors, composer=composer)
        pipeline.settings = settings
        return pipeline

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
            checked_question(question), principal=principal, limit=limit, narrowing=narrowing, moment=moment
        )

    def ask(
        self,
        question: str,
        *,
        principal: Principal,
        earlier: Sequence[str] = (),
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
        style: Style | None = None,
    ) -> Answer:
        """Return an answer whose citations were re-read from stored text, or a refusal.

        Args:
            question: What is asked.
            principal: Who asks.
            earlier: The same person's earlier questions, oldest first, which this one may lean on.
            narrowing: Metadata conditions, all of which must hold.
            moment: The moment at which documents must hold; now, when left out.
            style: How the model speaks, adapter included; as configured, when left out.

        Raises:
            ModelError: The model is busy, too slow, or cannot be reached.
            ConfigError: As for ``search``; so are ``AccessError`` and ``NotIndexedError``.
        """
        asking = Asking(
            question=checked_question(question),
            principal=principal,
            earlier=tuple(earlier),
            narrowing=narrowing,
            moment=moment,
            style=style,
        )
        *_, last = answer_events(self, asking, stream=False)
        assert isinstance(last, DoneEvent)
        return last.answer

    def stream(
        self,
        question: str,
        *,
        principal: Principal,
        earlier: Sequence[str] = (),
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
        style: Style | None = None,
    ) -> Generator[AnswerEvent, None, None]:
        """Yield what happens while an answer is made; closing the iterator ends the work.

        The last event is a ``DoneEvent``, or an ``ErrorEvent`` where ``ask`` would raise a ``ModelError``. Arguments,
        and the errors of wrong use, are those of ``ask``.
        """
        asking = Asking(
            question=checked_question(question),
            principal=principal,
            earlier=tuple(earlier),
            narrowing=narrowing,
            moment=moment,
            style=style,
        )
        return with_error_event(answer_events(self, asking, stream=True))

    def conversation(self, *, principal: Principal) -> Conversation:
        """Return a conversation in which later questions may lean on earlier ones of the same principal."""
        return Conversation(self, principal=principal)

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

    async def aask(self, question: str, *, principal: Principal, **options: Unpack[AskOptions]) -> Answer:
        """Do what ``ask`` does without blocking the event loop."""
        return await asyncio.to_thread(self.ask, question, principal=principal, **options)

    async def astream(
        self, question: str, *, principal: Principal, **options: Unpack[AskOptions]
    ) -> AsyncIterator[AnswerEvent]:
        """Do what ``stream`` does without blocking the event loop."""
        async for event in off_the_loop(self.stream(question, principal=principal, **options)):
            yield event

    def source(self, document_id: str, *, principal: Principal) -> StoredDocument | None:
        """Return a live document, or None where it does not exist or ``principal`` may not read it."""
        return self.knowledge.document(document_id, principal=principal)

    def recheck(self, citations: Sequence[Citation], *, principal: Principal) -> list[Verdict]:
        """Return what has become of an old answer's citations."""
        return recheck(citations, self.knowledge, principal)

    def close(self) -> None:
        """Release the model, and flush and release the index."""
        try:
            if isinstance(self.composer.model, Closing):
                self.composer.model.close()
        finally:
            self.knowledge.close()

    def __enter__(self) -> Self:
        """Return the pipeline."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pipeline."""
        self.close()
