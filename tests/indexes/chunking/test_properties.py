"""Properties that hold for every text: verbatim, complete, ordered, bounded, and whole where it fits."""

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid.testing.knowledge import public_document
from hybrid_indexes.chunking import StructureChunker
from hybrid_indexes.chunking._tokens import count_tokens

WORDS = st.sampled_from(
    "pump seal Größe 東京 5.2 e.g. `tighten()` [torque](/docs/t) wide. Dry! <b> &amp; 🚲".split()  # noqa: SIM905
)
LINE = st.lists(WORDS, min_size=1, max_size=14).map(" ".join)
HEADING = st.builds(lambda level, text: "#" * level + " " + text, st.integers(1, 4), LINE)
PARAGRAPH = st.lists(LINE, min_size=1, max_size=5).map("\n".join)
TABLE = st.lists(st.builds("| {} | {} |".format, LINE, LINE), min_size=1, max_size=8).map(
    lambda rows: "\n".join([rows[0], "| --- | --- |", *rows[1:]])
)
CODE = st.builds(
    lambda fence, lines: "\n".join([fence + "text", *lines, fence]),
    st.sampled_from(["```", "~~~~"]),
    st.lists(st.one_of(LINE, st.just(""), LINE.map("    {}".format)), max_size=8),
)
ODD = st.sampled_from(
    ["---", "<!-- note\n\nmore -->", "{{< tabs >}}", "[a]: http://x.y", "\t \x0c", "\u00a0", "Title\n====="]
)


def _indented(text):
    return text.replace("\n", "\n  ")


LEAF = st.one_of(PARAGRAPH, TABLE, CODE, ODD)
LIST = st.recursive(
    LEAF, lambda inner: st.lists(st.builds("- {}".format, inner.map(_indented)), min_size=1, max_size=4).map("\n".join)
)
MARKDOWN = st.builds(
    lambda blocks, between, ending: between.join(blocks) + ending,
    st.lists(st.one_of(HEADING, HEADING, LEAF, LIST, PARAGRAPH.map("> {}".format)), max_size=12),
    st.sampled_from(["\n\n", "\n\n", "\n\n\n", "\n", "\r\n\r\n"]),
    st.sampled_from(["", "\n", " "]),
)
MEDIA_TYPES = st.sampled_from(["text/markdown", "text/plain", "text/x-rst", "text/x-python", "text/csv", "text/html"])
ANYTHING = st.one_of(MARKDOWN, st.text(max_size=300), st.text("#-=`|>*1.:\t \n\rab<![]({", max_size=300))


def cut(text, *, tokens, media_type="text/markdown", first_line=1):
    document = replace(public_document("d", text), media_type=media_type, title_in_text=False, first_line=first_line)
    return StructureChunker(tokens).chunk(document)


@settings(max_examples=300)
@given(text=ANYTHING, tokens=st.integers(8, 200), media_type=MEDIA_TYPES, first_line=st.integers(1, 9))
def test_chunks_are_verbatim_ordered_complete_and_on_their_lines(text, tokens, media_type, first_line):
    covered = 0
    for chunk in cut(text, tokens=tokens, media_type=media_type, first_line=first_line):
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.text.strip()
        assert chunk.indexed_text.strip()
        assert not text[covered : chunk.start].strip()
        covered = chunk.end
        begin = first_line + text.count("\n", 0, chunk.start)
        assert chunk.lines == (begin, begin + chunk.text.count("\n"))
    assert not text[covered:].strip()


@settings(max_examples=300)
@given(text=ANYTHING, tokens=st.integers(8, 200), media_type=MEDIA_TYPES)
def test_what_is_indexed_under_the_headings_fits(text, tokens, media_type):
    for chunk in cut(text, tokens=tokens, media_type=media_type):
        body = chunk.indexed_text.removeprefix(" > ".join(dict.fromkeys(chunk.heading_path)))
        assert body == chunk.text or count_tokens(body) <= tokens


@given(before=MARKDOWN, block=st.one_of(TABLE, CODE), after=MARKDOWN, tokens=st.integers(60, 200))
def test_tables_and_code_that_fit_are_whole_in_one_chunk(before, block, after, tokens):
    text = f"{before}\n\n# Next\n\n{block}\n\n{after}"
    if count_tokens(block) <= tokens and "~~~" not in before and "```" not in before and "<!--" not in before:
        start = len(before) + len("\n\n# Next\n\n")
        assert any(
            chunk.start <= start and start + len(block.rstrip()) <= chunk.end for chunk in cut(text, tokens=tokens)
        )


@given(rows=st.lists(st.builds("| {} | {} |".format, LINE, LINE), min_size=2, max_size=30), tokens=st.integers(60, 120))
def test_a_large_table_is_only_cut_between_rows(rows, tokens):
    text = "\n".join([rows[0], "| --- | --- |", *rows[1:]])
    lines = [line for chunk in cut(text, tokens=tokens) for line in chunk.text.split("\n")]
    if all(count_tokens(row) <= tokens for row in rows):
        assert lines == text.split("\n")


@given(headings=st.lists(HEADING, max_size=8))
def test_headings_alone_are_all_found(headings):
    indexed = " ".join(chunk.indexed_text for chunk in cut("\n\n".join(headings), tokens=100))
    plain = re.compile(r"[^\w]+")
    for heading in headings:
        words = re.sub(r"\]\([^)]*\)|&amp;|<b>|`", " ", heading)
        assert set(plain.split(words)) <= set(plain.split(indexed)) | {""}


@given(text=st.text("ab \n.", max_size=200))
def test_cutting_twice_gives_the_same(text):
    assert cut(text, tokens=10) == cut(text, tokens=10)
