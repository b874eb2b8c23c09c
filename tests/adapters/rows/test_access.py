"""Nothing of a document stands in a row of somebody who may not read it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rows_samples import Bench, example

from hybrid.access import permits
from hybrid.answering.assembly import default_composer
from hybrid.errors import RowsError
from hybrid.pipeline import Pipeline
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, ParagraphChunker, memory_document
from hybrid.types import Access, Principal
from hybrid_indexes.knowledge import KnowledgeBase

GROUPS = ("legal", "partners", "support")
TOPICS = ("refund", "gateway", "probe", "invoice", "alarm", "contract")
READERS = (("public",), *((f"group:{name}",) for name in GROUPS), ("group:legal", "group:support"))
SECRETS = {
    f"{topic}-{number}.md": (Access(readers=readers), f"The {topic} secret is mark{topic}{number}word.")
    for topic in TOPICS
    for number, readers in enumerate(READERS)
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A page for each topic and kind of reader, each with a word of its own."""
    documents = {path: memory_document(path, text, access=access) for path, (access, text) in SECRETS.items()}
    knowledge = KnowledgeBase(tmp_path_factory.mktemp("index"), embedder=HashingEmbedder(), chunker=ParagraphChunker())
    composer = default_composer(knowledge, refuse_below=0.0)
    with Pipeline(
        knowledge=knowledge, connectors=[MemoryConnector(documents=documents)], composer=composer
    ) as pipeline:
        pipeline.sync()
        yield pipeline


asked = st.tuples(
    st.sampled_from(TOPICS), st.lists(st.sampled_from(GROUPS), unique=True), st.sampled_from(sorted(SECRETS))
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(asked, min_size=1, max_size=5), st.booleans())
def test_no_row_holds_a_word_that_its_principal_may_not_read(
    guarded: Pipeline, questions: list[tuple[str, list[str], str]], put_in: bool
) -> None:
    examples = [
        example(f"e{number}", f"What is the {topic} secret?", (path, SECRETS[path][1]), groups=groups)
        for number, (topic, groups, path) in enumerate(questions)
    ]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(pipeline=guarded, folder=Path(folder))
        try:
            built = bench.build(*examples, example("no", "What is the moon?"), put_in=put_in, missing=1.0)
        except RowsError:
            return
    principals = {f"e{number}": Principal(groups=frozenset(groups)) for number, (_, groups, _) in enumerate(questions)}
    faulty = {left.example for left in built.left_out if left.why == "faulty"}
    for number, (_, _, path) in enumerate(questions):
        readable = permits(principals[f"e{number}"], SECRETS[path][0], tenant="")
        assert (f"e{number}" in faulty) != readable
    for row in built.rows:
        principal = principals.get(row.example, Principal())
        for access, text in SECRETS.values():
            if not permits(principal, access, tenant=""):
                assert text not in row.canonical()
