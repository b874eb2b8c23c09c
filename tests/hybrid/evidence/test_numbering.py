"""Every unit of evidence is a verbatim stretch; tables, lists and code are cut where they mean something."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hybrid.evidence import number_evidence, split_units
from hybrid.types import Passage, StageScores

LINES = st.sampled_from(
    [
        "",
        "# Refunds",
        "Refunds",
        "=======",
        "~~~~~~~",
        "Refunds take 5 days. See No. 7, e.g. below!",
        "Keep ready:",
        "- the *receipt*. And a pen.",
        "12) a form",
        "| Plan | Fee |",
        "|---|---:|",
        "| Paddle | €39 |",
        "red, flashing      no network     reboot",
        "```",
        "```bash",
        "~~~",
        "    kubectl get pods",
        "\tindented\r",
        "© 漢字。 Ünïcode… “Yes.” (No!) \u2028 \u0085 \x0b end",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(LINES, st.text(max_size=30)), max_size=30).map("\n".join))


def passage(text: str, *, document: str = "docs:a.md", start: int = 0, lines: tuple[int, int] = (1, 1)) -> Passage:
    return Passage(
        document_id=document,
        uri="memory:a.md",
        title="A",
        version="0",
        text=text,
        start=start,
        end=start + len(text),
        lines=lines,
        scores=StageScores(fused=0.0),
    )


def pieces(text: str) -> list[str]:
    return [text[unit.start : unit.end] for unit in split_units(text)]


@given(TEXTS)
@example("```\n```\n````\n```")
@example("Title\n---\nText.\n---")
def test_units_are_verbatim_ordered_apart_and_never_blank(text: str):
    position = 0
    for unit in split_units(text):
        assert position <= unit.start < unit.end <= len(text)
        piece = text[unit.start : unit.end]
        assert piece == piece.strip() != ""
        position = unit.end


@given(st.text(alphabet="ab.! ?\n", max_size=60))
def test_prose_loses_nothing_but_blanks(text: str):
    assert "".join("".join(pieces(text)).split()) == "".join(text.split())


@given(TEXTS, TEXTS, st.sampled_from(["```", "~~~", "````"]))
def test_code_stays_whole_whatever_stands_around_it(before: str, code: str, fence: str):
    code = code.replace("`", "'").replace("~", "-").replace("\r", "")
    block = f"{fence}\n{code}\n{fence}"
    plain = before.replace("`", "'").replace("~", "-")
    assert pieces(f"{plain}\n\n{block}\n\nAfter.")[-2:] == [block, "After."]


@given(TEXTS, st.integers(min_value=0, max_value=500), st.integers(min_value=1, max_value=90))
def test_evidence_is_numbered_once_and_points_into_the_document(text: str, start: int, first: int):
    document = "." * start + text
    found = number_evidence([passage(text, start=start, lines=(first, first + text.count("\n")))] * 2)
    assert [each.id for each in found] == [f"E{number}" for number in range(1, len(found) + 1)]
    for each in found:
        assert document[each.start : each.end] == each.text
        above = text[: each.start - start].count("\n")
        assert each.lines == (first + above, first + above + each.text.count("\n"))


def test_the_same_stretch_of_two_documents_is_two_pieces_of_evidence():
    found = number_evidence([passage("Pay by card."), passage("Pay by card.", document="docs:b.md")])
    assert [each.passage.document_id for each in found] == ["docs:a.md", "docs:b.md"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Refunds take 5 days. Then the bank needs two.", ["Refunds take 5 days.", "Then the bank needs two."]),
        ("Use port No. 7, e.g. TCP. Is it free? No. Pay.", ["Use port No. 7, e.g. TCP.", "Is it free?", "No.", "Pay."]),
        ("It expires **after 7 days.** Ask again.", ["It expires **after 7 days.**", "Ask again."]),
        ("one line\nand its end.\n\nAnother.", ["one line\nand its end.", "Another."]),
        ("- first\n  goes on\n- second", ["- first\n  goes on", "- second"]),
        ("# Refunds\nText.\n\nMore\n====\nRest.", ["Text.", "Rest."]),
        ("New\n~~~\n\n* Length: 60.\n\nFees\n~~~~\n\nNone.", ["* Length: 60.", "None."]),
        ("| Plan | Fee |\n|---|---|\n| Paddle | 39 |", ["| Paddle | 39 |"]),
        ("red    fault\nblue   ready", ["red    fault", "blue   ready"]),
        ("end of code\n```\nText after it.", ["end of code", "Text after it."]),
        ("```\na\n\nb. C\n```", ["```\na\n\nb. C\n```"]),
        ("---\n***\n\n", []),
    ],
)
def test_units_are_what_a_reader_would_quote(text: str, expected: list[str]):
    assert pieces(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("| Plan | Fee |\n|---|---|\n| Paddle | 39 |", ["| Plan | Fee |"]),
        ("Keep ready:\n\n- a phone\n- a card", ["", "Keep ready:", "Keep ready:"]),
        ("Keep ready:\n\n# Else\n\n- a phone", ["", ""]),
        ("Keep calm.\n\n- a phone", ["", ""]),
        ("| Plan | Fee |\n|---|---|\n| Paddle | 39 |\n\n- a list", ["| Plan | Fee |", ""]),
    ],
)
def test_rows_and_items_know_what_stands_above_them(text: str, expected: list[str]):
    assert [unit.context for unit in split_units(text)] == expected
    assert [each.context for each in number_evidence([passage(text)])] == expected


@pytest.mark.timeout(60)  # linear takes a blink; anything quadratic takes minutes
@pytest.mark.parametrize(
    "shape", ["```\n", "~~~~\n```\n", "| a |\n", "a\n---\n", ". A", ".  *", "   x", "e.g. A", "No. "]
)
def test_work_grows_with_the_text_and_not_with_its_square(shape: str):
    text = (shape * 300_000)[:300_000]
    assert all(unit.end <= len(text) for unit in split_units(text))


@pytest.mark.timeout(60)
def test_fences_that_never_close_cost_no_search_each():
    assert split_units("\n".join("`" * length for length in range(3, 1_500))) == []
