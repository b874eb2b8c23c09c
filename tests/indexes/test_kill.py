"""A process that is killed at any moment of a sync leaves an index that is whole, and that the next sync completes."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from index_oracle import PRINCIPALS, assert_holds, expected, open_base, seen

from hybrid.access import narrower
from hybrid.testing.memory import MemoryConnector, ParagraphChunker, memory_document
from hybrid.types import Access, Document
from hybrid_indexes.knowledge import KnowledgeBase

CHILD = Path(__file__).parent / "_sync_child.py"
READERS = (("public",), ("group:staff",), ("user:ana", "group:legal"), ())
DOCUMENTS = 60


@dataclass
class Corpus:
    """Documents with texts of their own, so that it is known which one was renamed."""

    chance: random.Random
    documents: dict[str, Document] = field(default_factory=dict)
    chunker: str = "paragraphs"
    number: int = 0

    def mutate(self) -> None:
        """Change about a third of the documents, and sometimes the chunker."""
        for path in self.chance.sample(sorted(self.documents), len(self.documents) // 3):
            match self.chance.choice(("change", "permit", "rename", "remove")):
                case "change":
                    self._write(path)
                case "permit":
                    self._write(path, text=self.documents[path].text)
                case "rename":
                    self._write(self._path(), text=self.documents.pop(path).text)
                case _:
                    del self.documents[path]
        while len(self.documents) < DOCUMENTS:
            self._write(self._path())
        if self.chance.random() < 0.2:
            self.chunker += "'"

    @property
    def by_id(self) -> dict[str, Document]:
        return {document.id: document for document in self.documents.values()}

    def save(self, path: Path) -> None:
        documents = {path: (document.text, document.access.readers) for path, document in self.documents.items()}
        path.write_text(json.dumps({"documents": documents, "chunker": self.chunker}), "utf-8")

    def _path(self) -> str:
        self.number += 1
        return f"{self.number:04}.md"

    def _write(self, path: str, text: str | None = None) -> None:
        if text is None:
            self.number += 1
            parts = [f"word {self.number} part {part}" for part in range(self.chance.randint(1, 6))]
            text = "\n\n".join(parts)
        self.documents[path] = memory_document(path, text, access=Access(readers=self.chance.choice(READERS)))


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=[pytest.mark.nightly, pytest.mark.timeout(3600)])])
def test_a_killed_sync_leaves_whole_documents_and_converges(folder: Path, kills: int) -> None:
    chance = random.Random(kills)
    corpus = Corpus(chance)
    corpus.mutate()
    length, _ = sync_and_kill(folder, corpus, None)
    live = dict(corpus.by_id)
    killed = 0
    while killed < kills:
        corpus.mutate()
        seconds, ended = sync_and_kill(folder, corpus, chance.uniform(0, length))
        length = max(length, seconds)
        killed += not ended
        base = open_base(folder / "index", chunker=ParagraphChunker(fingerprint=corpus.chunker))
        live = whole_documents(base, live, corpus.by_id)
        base.close()
    base = open_base(folder / "index", chunker=ParagraphChunker(fingerprint=corpus.chunker))
    source = MemoryConnector(documents=corpus.documents)
    base.sync([source])
    assert_holds(base, corpus.documents.values())
    assert base.sync([source]).outcomes == ()
    base.close()


def sync_and_kill(folder: Path, corpus: Corpus, after: float | None) -> tuple[float, bool]:
    """Kill a sync some seconds after it began; return how long it ran, and whether it came to its end before."""
    corpus.save(folder / "corpus.json")
    command = [sys.executable, str(CHILD), str(folder / "index"), str(folder / "corpus.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begin\n"
        began = time.monotonic()
        try:
            code = child.wait(after)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            return time.monotonic() - began, False
        assert code == 0, child.stdout.read()
        return time.monotonic() - began, True


def revoked(before: Document, after: Document) -> Document:
    """Return what is live while a rebuild runs: the old content, for those who may read the new content too."""
    return replace(before, access=narrower(before.access, after.access))


def stored_text(base: KnowledgeBase, document_id: str) -> str | None:
    """Return a live document's text, also of one that nobody may read."""
    reader = base._live.value.journal.reader
    row = reader.document(document_id)
    return reader.content(row).text if row else None


def whole_documents(
    base: KnowledgeBase, before: dict[str, Document], after: dict[str, Document]
) -> dict[str, Document]:
    """Return the live documents; each is as it was before the killed sync or as that sync was to make it."""
    health = base.health()
    assert (health.missing, health.surplus) == (0, 0)
    live: dict[str, Document] = {}
    by_principal = [seen(base, principal) for principal in PRINCIPALS]
    for id_ in before.keys() | after.keys():
        shown = [[chunk for chunk in chunks if chunk[0] == id_] for chunks in by_principal]
        old, new = before.get(id_), after.get(id_)
        candidates = [old, new, *([revoked(old, new)] if old and new else [])]
        matching = [
            candidate
            for candidate in candidates
            if shown == [expected([candidate] if candidate else [], principal) for principal in PRINCIPALS]
            and (candidate and candidate.text) == stored_text(base, id_)
        ]
        assert matching, f"{id_} is in a state that no sync gave it: {shown}"
        if matching[0] is not None:
            live[id_] = matching[0]
    texts = Counter(document.text for document in live.values())
    kept = {document.text for document in before.values()} & {document.text for document in after.values()}
    assert {text: texts[text] for text in kept} == dict.fromkeys(kept, 1), "a renamed document is lost or doubled"
    assert set(live) == set(base.document_ids())
    return live
