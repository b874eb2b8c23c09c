"""What an index must hold for given documents, said without the index."""

import tempfile
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from hybrid.access import permits
from hybrid.protocols import Chunker, Embedder
from hybrid.testing.memory import HashingEmbedder, ParagraphChunker
from hybrid.types import Document, Passage, Principal
from hybrid_indexes.engine import Engine
from hybrid_indexes.knowledge import KnowledgeBase

EVERYBODY = Principal(user="operator", groups=frozenset({"staff", "legal"}))
PRINCIPALS = (
    Principal(),
    Principal(user="ana"),
    Principal(user="ana", tenant="t"),
    Principal(groups=frozenset({"staff"})),
    EVERYBODY,
)
MORE_THAN_ALL = 100_000

Shown = tuple[str, str, str, str, int, int, tuple[int, int], tuple[tuple[str, object], ...]]


def open_base(
    path: Path,
    *,
    embedder: Embedder | None = None,
    chunker: Chunker | None = None,
    engine: Engine | None = None,
) -> KnowledgeBase:
    return KnowledgeBase(
        path, embedder=embedder or HashingEmbedder(dimension=16), chunker=chunker or ParagraphChunker(), engine=engine
    )


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder in memory where the system has one: what is flushed there a thousand times costs nothing."""
    memory = Path("/dev/shm")  # the child of a killed process may still be writing when the folder goes
    return tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, ignore_cleanup_errors=True)


@contextmanager
def in_threads(*functions: Callable[[], None]) -> Generator[None]:
    """Run functions in threads beside the block, and raise what they raised."""
    with ThreadPoolExecutor(max_workers=len(functions)) as pool:
        running = [pool.submit(function) for function in functions]
        yield
    for future in running:
        future.result()


def shown(passages: Iterable[Passage]) -> list[Shown]:
    """Everything of a passage but its scores."""
    return [
        (p.document_id, p.title, p.version, p.text, p.start, p.end, p.lines, tuple(sorted(p.metadata.items())))
        for p in passages
    ]


def seen(base: KnowledgeBase, principal: Principal, question: str = "word") -> list[Shown]:
    """Return every chunk that a search can find for the principal, also twice if the engine holds it twice."""
    found = base.search(question, principal=principal, limit=MORE_THAN_ALL)
    return sorted(shown(found.passages))


def expected(documents: Iterable[Document], principal: Principal, chunker: Chunker | None = None) -> list[Shown]:
    """Return every chunk that the principal may read, from the documents themselves."""
    chunker = chunker or ParagraphChunker()
    return sorted(
        (
            document.id,
            document.title,
            document.content_hash,
            chunk.text,
            chunk.start,
            chunk.end,
            chunk.lines,
            tuple(sorted(document.metadata.items())),
        )
        for document in documents
        if permits(principal, document.access, tenant=document.tenant)
        for chunk in chunker.chunk(document)
    )


def assert_holds(
    base: KnowledgeBase,
    documents: Iterable[Document],
    *,
    principals: Iterable[Principal] = PRINCIPALS,
    chunker: Chunker | None = None,
) -> None:
    """Nothing lost, doubled, stale or orphaned: in what searches show, in the journal and in the engine."""
    documents = list(documents)
    assert list(base.document_ids()) == sorted(document.id for document in documents)
    for principal in principals:
        assert seen(base, principal) == expected(documents, principal, chunker)
    health = base.health()
    assert (health.missing, health.surplus) == (0, 0)
    assert health.chunks == sum(len((chunker or ParagraphChunker()).chunk(document)) for document in documents)
