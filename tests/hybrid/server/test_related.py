"""What may be asked next are headings that were found and not drawn from, of cited documents alone."""

from hybrid.server.related import related
from hybrid.types import Answer, Citation, Passage, StageScores


def passage(document, *headings, start=0, version="1"):
    return Passage(
        document_id=document, uri=document, title=document.upper(), version=version, text="x" * 10, start=start,
        end=start + 10, lines=(1, 2), heading_path=headings, scores=StageScores(fused=1.0),
    )  # fmt: skip


def citation(document, start=0):
    return Citation(
        marker=1, document_id=document, uri=document, title=document.upper(), version="1", lines=(1, 1), page=None,
        start=start, end=start + 5, quote="xxxxx", verified=True,
    )  # fmt: skip


def headings(*passages, status="answered", document="a"):
    cited = (citation(document),) if document else ()
    answer = Answer(question="?", status=status, text="x [1]", citations=cited, passages=passages)
    return [(each.title, each.heading) for each in related(answer)]


def test_headings_beside_the_cited_one_are_named_once_and_in_order():
    cited, beside = passage("a", "A", "cited"), passage("a", "A", "beside", start=20)
    assert headings(cited, beside, passage("a", "A", "beside", start=40), passage("a", "A", "last", start=60)) == [
        ("A", "beside"),
        ("A", "last"),
    ]


def test_other_documents_and_what_has_no_heading_are_not_named():
    assert headings(passage("a", "cited"), passage("b", "other"), passage("a", start=20)) == []


def test_another_passage_under_the_cited_heading_is_not_new():
    assert headings(passage("a", "cited"), passage("a", "cited", start=20)) == []


def test_a_refusal_leads_nowhere():
    assert headings(passage("a", "one"), passage("a", "two", start=20), status="refused", document="") == []


def test_there_are_three_at_most():
    many = [passage("a", f"h{n}", start=20 * n) for n in range(9)]
    assert len(headings(*many)) == 3
