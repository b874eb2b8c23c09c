"""LlamaIndex's node parsers as chunkers: exact offsets, or a named refusal."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.errors import ConfigError
from hybrid.testing.chunkers import ChunkerContract
from hybrid.testing.knowledge import public_document
from hybrid_indexes.chunking import NodeParserChunker
from hybrid_indexes.chunking._locate import locate


class TestSentenceSplitter(ChunkerContract):
    @pytest.fixture
    def chunker(self):
        from llama_index.core.node_parser import SentenceSplitter

        return NodeParserChunker(SentenceSplitter(chunk_size=64, chunk_overlap=16))


class TestTokenTextSplitter(ChunkerContract):
    @pytest.fixture
    def chunker(self):
        from llama_index.core.node_parser import TokenTextSplitter

        return NodeParserChunker(TokenTextSplitter(chunk_size=64, chunk_overlap=0))


def test_headings_come_from_the_document():
    from llama_index.core.node_parser import MarkdownNodeParser

    text = "# Pumps\n\nIntro.\n\n## Seals\n\nKeep them dry.\n"
    document = replace(public_document("pumps.md", text), media_type="text/markdown")
    chunks = NodeParserChunker(MarkdownNodeParser()).chunk(document)
    assert [chunk.heading_path for chunk in chunks] == [("Pumps",), ("Pumps", "Seals")]


def test_a_parser_that_rewrites_text_is_refused_with_its_name():
    from llama_index.core.node_parser import HTMLNodeParser

    document = public_document("page.html", "<p>Fish &amp; chips</p>")
    with pytest.raises(ConfigError, match=r"HTMLNodeParser changes texts.*node 1 of 1 in docs:page.html"):
        NodeParserChunker(HTMLNodeParser()).chunk(document)


def test_fingerprint_follows_the_settings():
    from llama_index.core.node_parser import SentenceSplitter, TokenTextSplitter

    parsers = [SentenceSplitter(chunk_size=512), SentenceSplitter(chunk_size=1024), TokenTextSplitter(chunk_size=512)]
    assert len({NodeParserChunker(parser).fingerprint for parser in parsers}) == 3
    assert NodeParserChunker(parsers[0]).fingerprint == NodeParserChunker(SentenceSplitter(chunk_size=512)).fingerprint


@given(text=st.text("ab ", min_size=1, max_size=60), cuts=st.lists(st.integers(0, 60)))
def test_consecutive_pieces_of_a_repetitive_text_are_found_where_they_were(text, cuts):
    bounds = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [piece for piece in (text[a:b].strip() for a, b in zip(bounds, bounds[1:], strict=False)) if piece]
    starts = locate(pieces, text)
    covered = 0
    for start, piece in zip(starts, pieces, strict=True):
        assert text[start : start + len(piece)] == piece
        assert not text[covered:start].strip()
        covered = max(covered, start + len(piece))
    assert not text[covered:].strip()


@given(text=st.text("ab ", min_size=1, max_size=60), size=st.integers(2, 12), step=st.integers(1, 11))
def test_overlapping_pieces_are_found_in_order(text, size, step):
    pieces = [text[start : start + size] for start in range(0, len(text), min(step, size))]
    pieces = [piece.strip() for piece in pieces if piece.strip()]
    starts = locate(pieces, text)
    if isinstance(starts, list):
        assert starts == sorted(set(starts))
        assert all(text.startswith(piece, start) for start, piece in zip(starts, pieces, strict=True))


def test_the_first_piece_that_is_not_there_is_named():
    assert locate(["a", "c", "b"], "a b") == 1
    assert locate(["b", "a"], "a b") == 1
