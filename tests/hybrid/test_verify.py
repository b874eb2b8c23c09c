"""What leaves with an answer was readable when it left, not only when it was found."""

import pytest

from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.types import ANONYMOUS, Answer, Citation, Document, Passage
from hybrid.verify import REFUSAL, keep_verified

KEPT = public_document("kept.md", "Refunds take five days.")
SECRET = public_document("secret.md", "Refunds for Hotel Marlow take one day.")


def answer_from(*documents: Document) -> Answer:
    found = WordOverlapKnowledge(documents).search("refunds", principal=ANONYMOUS).passages
    citations = tuple(cited(marker, passage) for marker, passage in enumerate(found, start=1))
    return Answer(question="refunds", status="answered", text="Yes.", citations=citations, passages=found)


def cited(marker: int, passage: Passage) -> Citation:
    return Citation(
        marker=marker,
        document_id=passage.document_id,
        uri=passage.uri,
        title=passage.title,
        version=passage.version,
        lines=passage.lines,
        page=None,
        start=passage.start,
        end=passage.end,
        quote=passage.text,
        verified=False,
    )


def test_an_answer_whose_documents_are_as_they_were_leaves_whole():
    answer = answer_from(KEPT, SECRET)
    kept = keep_verified(answer, WordOverlapKnowledge([KEPT, SECRET]), ANONYMOUS)
    assert (kept.status, kept.passages) == ("answered", answer.passages)
    assert all(citation.verified for citation in kept.citations)


@pytest.mark.parametrize(
    "now",
    [
        [KEPT],
        [KEPT, public_document("secret.md", SECRET.text, readers=("group:legal",))],
        [KEPT, public_document("secret.md", "Refunds are a matter of Legal.")],
    ],
    ids=["removed", "closed", "changed"],
)
def test_what_was_taken_away_since_the_search_leaves_neither_as_citation_nor_as_passage(now: list[Document]):
    left = keep_verified(answer_from(KEPT, SECRET), WordOverlapKnowledge(now), ANONYMOUS)
    assert (left.status, left.text, left.citations) == ("refused", REFUSAL, ())
    assert [passage.document_id for passage in left.passages] == ["docs:kept.md"]
    assert "Marlow" not in repr(left)
