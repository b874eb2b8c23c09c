from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from index_oracle import assert_holds, open_base, scratch_folder

from hybrid.testing.memory import HashingEmbedder, MemoryConnector, ParagraphChunker, memory_document
from hybrid.types import Access, Document

# To shrink a failing history would take longer than a test may.
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)

NAMES = ("one", "two")
PATHS = tuple(f"{letter}.md" for letter in "abcdef")
ACCESSES = (Access(readers=("public",)), Access(readers=("group:staff", "user:ana"), denied=("group:legal",)), Access())

sources = st.sampled_from(NAMES)
paths = st.sampled_from(PATHS)
texts = st.lists(st.sampled_from(["red word", "green word", "blue word", "red green word"]), max_size=4).map(
    "\n\n".join
)
metadata = st.dictionaries(st.sampled_from(["lang", "n"]), st.sampled_from(["en", 1, True, 1.5]), max_size=2)


class SyncedKnowledge(RuleBasedStateMachine):
    """However its sources change and fail, after a sync the index holds what a plain model says, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = scratch_folder()
        self.chunker = ParagraphChunker()
        self.base = self._open()
        self.connectors = {name: MemoryConnector(name=name) for name in NAMES}
        self.configured = set(NAMES)
        self.live: dict[str, dict[str, Document]] = {name: {} for name in NAMES}
        self.settings: dict[str, str] = {}

    def teardown(self) -> None:
        self.base.close()
        self.folder.cleanup()

    def _open(self):
        return open_base(Path(self.folder.name), embedder=HashingEmbedder(dimension=8), chunker=self.chunker)

    @rule(name=sources, path=paths, text=texts, access=st.sampled_from(ACCESSES), tenant=st.sampled_from(["", "t"]))
    def write(self, name: str, path: str, text: str, access: Access, tenant: str) -> None:
        document = memory_document(path, text, access=access, source=name, tenant=tenant)
        self.connectors[name].documents[path] = document

    @rule(name=sources, path=paths, access=st.sampled_from(ACCESSES), fields=metadata)
    def describe(self, name: str, path: str, access: Access, fields: dict[str, str | int | float | bool]) -> None:
        if document := self.connectors[name].documents.get(path):
            self.connectors[name].documents[path] = replace(document, access=access, metadata=fields)

    @rule(name=sources, old=paths, new=paths, told=st.booleans())
    def move(self, name: str, old: str, new: str, told: bool) -> None:
        connector = self.connectors[name]
        if document := connector.documents.pop(old, None):
            connector.documents[new] = replace(document, path=new)
            connector.renames = {**connector.renames, old: new} if told else connector.renames

    @rule(name=sources, path=paths)
    def delete(self, name: str, path: str) -> None:
        self.connectors[name].documents.pop(path, None)

    @rule(name=sources, broken=st.sets(paths, max_size=2))
    def break_documents(self, name: str, broken: set[str]) -> None:
        self.connectors[name].broken = broken

    @rule(name=sources)
    def go_offline_or_return(self, name: str) -> None:
        self.connectors[name].offline = not self.connectors[name].offline

    @rule(name=sources)
    def configure_or_drop(self, name: str) -> None:
        self.configured ^= {name}

    @rule(name=sources)
    def change_settings(self, name: str) -> None:
        self.connectors[name].fingerprint += "'"

    @rule()
    def reopen(self) -> None:
        self.base.close()
        self.base = self._open()

    @rule()
    def change_chunker(self) -> None:
        self.base.close()
        self.chunker = ParagraphChunker(fingerprint=self.chunker.fingerprint + "'")
        self.base = self._open()

    @precondition(lambda self: self.configured)
    @rule()
    def sync(self) -> None:
        connectors = [self.connectors[name] for name in NAMES if name in self.configured]
        plan = self.base.plan(connectors)
        new_texts = self._model_sync()
        report = self.base.sync(connectors)
        if report.rebuilt:
            assert plan.rebuilt
        else:
            assert (set(report.outcomes), report.counts) == (set(plan.outcomes), plan.counts)
            assert report.embedded <= new_texts
        assert_holds(self.base, [document for documents in self.live.values() for document in documents.values()])

    @precondition(lambda self: self.configured)
    @rule()
    def sync_twice(self) -> None:
        self.sync()
        connectors = [self.connectors[name] for name in NAMES if name in self.configured]
        again = self.base.sync(connectors)
        assert {outcome.kind for outcome in again.outcomes} <= {"failed"}
        assert (again.embedded, again.chunks) == (0, 0)

    def _model_sync(self) -> int:
        """Apply a sync to the model; return how many texts it may have to embed."""
        new_texts = 0
        for name in NAMES:
            connector, before = self.connectors[name], self.live[name]
            if name not in self.configured:
                self.live[name] = {}
                self.settings.pop(name, None)
                continue
            if self.settings.get(name) != connector.fingerprint:
                before = {path: replace(document, access=Access()) for path, document in before.items()}
            if connector.offline or (before and not connector.documents):
                self.live[name] = before
                continue
            self.settings[name] = connector.fingerprint
            read = {path: doc for path, doc in connector.documents.items() if path not in connector.broken}
            kept = {path: doc for path, doc in before.items() if path in connector.documents.keys() - read.keys()}
            self.live[name] = read | kept
            new_texts += len(self._texts(read) - self._texts(before))
        return new_texts

    def _texts(self, documents: dict[str, Document]) -> set[str]:
        return {chunk.text for document in documents.values() for chunk in self.chunker.chunk(document)}


TestSyncedKnowledge = SyncedKnowledge.TestCase
TestSyncedKnowledge.settings = settings(
    max_examples=25,
    phases=UNSHRUNK,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
