"""What ends up together and what may be cut."""

from dataclasses import replace

import pytest

from hybrid.errors import ConfigError, TooLargeError
from hybrid.testing.chunkers import ChunkerContract
from hybrid.testing.knowledge import public_document
from hybrid_indexes.chunking import StructureChunker

PARAGRAPH = "The pump needs new seals every year, and bolts that were tightened crosswise."


def chunks(text, *, tokens=60, media_type="text/markdown", **fields):
    document = replace(public_document("d", text), media_type=media_type, title_in_text=False)
    return StructureChunker(tokens).chunk(replace(document, **fields))


class TestContract(ChunkerContract):
    @pytest.fixture
    def chunker(self):
        return StructureChunker()


class TestContractWithTinyChunks(ChunkerContract):
    @pytest.fixture
    def chunker(self):
        return StructureChunker(8)


def test_a_section_begins_a_new_chunk_once_the_one_before_is_half_full():
    text = f"# Pumps\n\n## Seals\n\n{PARAGRAPH}\n\n{PARAGRAPH}\n\n## Bolts\n\n{PARAGRAPH}\n"
    found = chunks(text)
    assert [chunk.heading_path for chunk in found] == [("Pumps", "Seals"), ("Pumps", "Bolts")]
    assert found[0].text.startswith("# Pumps")
    assert found[1].text.startswith("## Bolts")


def test_small_sections_share_a_chunk_and_keep_their_headings_in_its_text():
    found = chunks("# Codes\n\n## Red\n\nNo address.\n\n## Green\n\nConnected.\n")
    assert [chunk.heading_path for chunk in found] == [("Codes", "Red")]
    assert found[0].indexed_text == "Codes > Red\nNo address.\nGreen\nConnected."


def test_a_heading_stays_with_what_follows():
    found = chunks(f"{PARAGRAPH}\n\nShort.\n\n# Bolts\n\n{PARAGRAPH} {PARAGRAPH} {PARAGRAPH}\n")
    assert all(not chunk.text.endswith("# Bolts") for chunk in found)
    assert any(chunk.text.startswith("# Bolts\n\nThe pump") for chunk in found)


def test_sections_without_text_are_found_by_their_headings():
    (found,) = chunks("# A\n\n## Empty one\n\n## Empty two\n")
    assert found.heading_path == ("A",)
    assert found.indexed_text == "A\nEmpty one\nEmpty two"


def test_the_title_and_an_equal_first_heading_are_indexed_once():
    (found,) = chunks("# Pumps\n\nIntro.\n", title="Pumps", title_in_text=True)
    assert found.indexed_text == "Pumps\nIntro."


def test_a_table_that_fits_is_not_cut():
    table = "| bolt | torque |\n| --- | --- |\n" + "| M5 | 12 |\n" * 5
    found = chunks(f"{PARAGRAPH} {PARAGRAPH}\n\n{table}\n{PARAGRAPH}\n")
    assert sum(table.strip() in chunk.text for chunk in found) == 1


def test_a_large_table_is_cut_between_rows_and_its_head_is_indexed_with_every_part():
    rows = [f"| bolt number {number} | torque of {number} Nm |" for number in range(40)]
    text = "\n".join(["| bolt | torque |", "| --- | --- |", *rows])
    found = chunks(text)
    assert len(found) > 3
    assert [line for chunk in found for line in chunk.text.split("\n")] == text.split("\n")
    assert all("| bolt | torque |" in chunk.indexed_text for chunk in found)


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_a_code_block_that_fits_is_not_cut_even_at_blank_lines(fence):
    code = f"{fence}python\ndef seal(pump):\n\n    return pump.seal\n\n# not a heading\n{fence}"
    found = chunks(f"# Code\n\n{PARAGRAPH} {PARAGRAPH}\n\n{code}\n\n{PARAGRAPH}\n")
    assert sum(code in chunk.text for chunk in found) == 1
    assert {chunk.heading_path for chunk in found} == {("Code",)}


def test_large_code_is_cut_before_definitions_first():
    functions = [f"def seal_{n}(pump):\n    first = pump.seal({n})\n\n    return first + {n}\n" for n in range(8)]
    found = chunks("\n\n".join(functions), media_type="text/x-python", tokens=50)
    assert len(found) > 2
    assert all(chunk.text.startswith("def ") for chunk in found)


def test_a_large_list_is_cut_between_items_and_nested_code_stays_whole():
    items = [f"{n}. Step {n}: {PARAGRAPH}\n\n   ```sh\n   seal {n}\n\n   turn {n}\n   ```\n" for n in range(1, 7)]
    found = chunks("\n".join(items))
    assert len(found) > 2
    assert all(chunk.text.count("```") == 2 * chunk.text.count("Step") for chunk in found)


def test_long_prose_is_cut_between_sentences_but_not_after_abbreviations():
    sentences = [f"Seal {n}, e.g. the one of Dr. Smith, is {n}.5 mm wide." for n in range(30)]
    found = chunks(" ".join(sentences))
    assert len(found) > 3
    assert all(chunk.text.startswith("Seal ") and chunk.text.endswith("mm wide.") for chunk in found)


def test_plain_text_has_headings_underlined_in_the_order_of_their_styles():
    text = "Manual\n======\n\nSeals\n-----\n\nKeep dry.\n\nBolts\n-----\n\n- M5\n- M6\n\n  sizes\n"
    found = chunks(text, media_type="text/x-rst", tokens=8)
    assert [chunk.heading_path for chunk in found] == [("Manual", "Seals"), ("Manual", "Bolts")]
    assert found[1].text.endswith("- M6\n\n  sizes")


def test_indented_text_stays_with_its_directive():
    code = ".. code-block:: sh\n\n   seal one\n\n   seal two"
    found = chunks(f"{PARAGRAPH} {PARAGRAPH}\n\n{code}\n\n{PARAGRAPH}\n", media_type="text/x-rst")
    assert sum(code in chunk.text for chunk in found) == 1


def test_spreadsheet_rows_are_never_cut():
    rows = [f"{number},seal,{number * 7}" for number in range(100)]
    text = "\n".join(["id,part,count", *rows])
    found = chunks(text, media_type="text/csv")
    assert [line for chunk in found for line in chunk.text.split("\n")] == text.split("\n")
    assert all("id,part,count" in chunk.indexed_text for chunk in found)


def test_markup_is_stored_but_not_indexed():
    text = (
        '<!-- overview -->\n\nSee [the seals](/docs/seals/ "title") of {{< glossary text="pumps" term_id="p" >}} &amp; '
        "<b>bolts</b>, `<pod-name>` or `a <b> c`.\n\n[ref]: https://example.org/x\n"
    )
    (found,) = chunks(text)
    assert found.text == text.strip()
    assert " ".join(found.indexed_text.split()) == "See the seals of pumps & bolts , `<pod-name>` or `a <b> c`."


def test_a_document_of_nothing_but_a_comment_is_still_found_by_it():
    (found,) = chunks("<!-- only a comment -->")
    assert found.indexed_text == found.text


def test_more_chunks_than_an_index_can_number_are_refused(monkeypatch):
    monkeypatch.setattr("hybrid_indexes.chunking.structure.MAX_CHUNKS", 2)
    assert len(chunks("pump seal " * 8, tokens=8)) == 2
    with pytest.raises(TooLargeError, match="makes 3 chunks.*split the document"):
        chunks("pump seal " * 9, tokens=8)


def test_chunks_that_say_nothing_are_refused():
    with pytest.raises(ConfigError, match="at least 8"):
        StructureChunker(7)


@pytest.mark.parametrize("media_type", ["text/markdown", "text/plain", "application/json"])
@pytest.mark.parametrize("unit", ["pump seal. ", "pump", "| a ", "`", "[", "<!--", "{{<", "> ", "- ", "\n", "#", "東"])
def test_one_huge_line_of_anything_is_cut_into_chunks_of_the_same_size(unit, media_type):
    text = "x" + unit * (200_000 // len(unit)) + "y"
    found = chunks(text, tokens=200, media_type=media_type)
    assert all(chunk.end - chunk.start <= 3200 for chunk in found)
    assert "".join("".join(chunk.text for chunk in found).split()) == "".join(text.split())
