"""A citation is verified only where its quote stands, and what leaves was readable when it left."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.types import ANONYMOUS, Access, Answer, Citation, Document, Passage, Principal, StoredDocument
from hybrid.verify import REFUSAL, keep_verified, recheck, verified

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


TEXT = "Refunds take five days.\nThe bank needs two.\n\nRefunds take five days.\n"


def stored(text: str, *, version: str = "v1", first_line: int = 1) -> StoredDocument:
    return StoredDocument(
        document_id="docs:a.md",
        uri="memory:a.md",
        title="A",
        version=version,
        text=text,
        first_line=first_line,
        page_starts=(0, len(text) // 2),
        access=Access(readers=("public",)),
        tenant="",
        metadata={},
    )


def citation_of(quote: str, start: int, end: int, *, version: str = "v1") -> Citation:
    return Citation(
        marker=1,
        document_id="docs:a.md",
        uri="elsewhere",
        title="Other",
        version=version,
        lines=(90, 99),
        page=7,
        start=start,
        end=end,
        quote=quote,
        verified=False,
    )


@given(st.text(), st.integers(min_value=1, max_value=50), st.data())
def test_a_true_quote_is_verified_and_everything_shown_beside_it_is_read_again(
    text: str, first: int, data: st.DataObject
):
    start = data.draw(st.integers(min_value=0, max_value=len(text)))
    end = data.draw(st.integers(min_value=start, max_value=len(text)))
    document = stored(text, first_line=first)
    found = verified(citation_of(text[start:end], start, end), document)
    if not text[start:end].strip():
        assert found is None
        return
    assert found is not None
    assert (found.verified, found.uri, found.title) == (True, "memory:a.md", "A")
    above = text[:start].count("\n")
    assert found.lines == (first + above, first + above + text[start:end].count("\n"))
    assert found.page == (2 if start >= len(text) // 2 else 1)


@pytest.mark.parametrize(
    ("quote", "start", "end"),
    [
        ("Refunds take six days.", 0, 23),
        ("refunds take five days.", 0, 23),
        ("Refunds take five days.", 1, 24),
        ("Refunds take five days.", 0, 22),
        ("Refunds take five days.", 0, 24),
        ("Refunds take five days.\n", -24, 999),
        ("Refunds take five days.", -24, -1),
        ("five days.\n", len(TEXT) - 11, len(TEXT) + 5),
        (" \n", 43, 45),
        ("", 3, 3),
        ("", 3, -3),
    ],
)
def test_what_does_not_stand_exactly_there_is_refused(quote: str, start: int, end: int):
    assert verified(citation_of(quote, start, end), stored(TEXT)) is None


def test_a_quote_of_another_version_or_of_nothing_is_refused():
    quote = citation_of("Refunds", 0, 7)
    assert verified(quote, stored(TEXT)) is not None
    assert verified(quote, stored(TEXT, version="v2")) is None
    assert verified(quote, None) is None


def test_no_random_alteration_gets_through():
    """10,000 alterations of true citations: one is verified only where it is true again."""
    generator = random.Random(7)
    document = stored(TEXT)
    refused = 0
    for _ in range(10_000):
        start = generator.randrange(len(TEXT))
        end = generator.randint(start, len(TEXT))
        altered = mutation(generator, citation_of(TEXT[start:end], start, end))
        found = verified(altered, document)
        true = (
            altered.version == "v1"
            and 0 <= altered.start <= altered.end <= len(TEXT)
            and "".join(TEXT[place] for place in range(altered.start, altered.end)) == altered.quote
            and altered.quote.strip() != ""
        )
        assert (found is not None) == true
        refused += found is None
    assert 5_000 < refused < 10_000


def mutation(generator: random.Random, citation: Citation) -> Citation:
    place = generator.randint(0, len(citation.quote))
    return generator.choice(
        [
            lambda: replace(citation, start=citation.start + generator.randint(-3, 3)),
            lambda: replace(citation, end=citation.end + generator.randint(-3, 3)),
            lambda: replace(citation, start=citation.start - len(TEXT), end=citation.end - len(TEXT)),
            lambda: replace(citation, version=generator.choice(["v1", "v2", ""])),
            lambda: replace(citation, quote=citation.quote[:place] + citation.quote[place + 1 :]),
            lambda: replace(
                citation, quote=citation.quote[:place] + generator.choice("Rs .\n") + citation.quote[place:]
            ),
            lambda: replace(citation, quote=citation.quote.swapcase()),
            lambda: replace(citation, quote=citation.quote[::-1]),
        ]
    )()


@pytest.mark.parametrize(
    ("now", "standing", "lines"),
    [
        (stored(TEXT), "moved", (1, 1)),  # the citation named other lines
        (stored("Preface.\n" + TEXT, version="v2"), "moved", (2, 2)),
        (stored("Refunds take six days.", version="v2"), "changed", None),
        (stored("Refunds take six days."), "changed", None),
        (None, "gone", None),
    ],
    ids=["same version", "further down", "newer says otherwise", "altered citation", "no such document"],
)
def test_an_old_citation_is_told_what_became_of_it(
    now: StoredDocument | None, standing: str, lines: tuple[int, int] | None
):
    quote = citation_of("Refunds take five days.", 0, 23)
    knowledge = WordOverlapKnowledge([]) if now is None else Holding(now)
    (verdict,) = recheck([quote], knowledge, ANONYMOUS)
    assert (verdict.standing, verdict.lines) == (standing, lines)


def test_a_citation_that_still_says_where_it_stands_stands():
    quote = replace(citation_of("Refunds take five days.", 0, 23), lines=(1, 1))
    (verdict,) = recheck([quote], Holding(stored(TEXT, version="v2")), ANONYMOUS)
    assert verdict.standing == "stands"


class Holding(WordOverlapKnowledge):
    """Knowledge of one stored document as it is now."""

    def __init__(self, now: StoredDocument) -> None:
        super().__init__([])
        self._now = now

    def document(self, document_id: str, *, principal: Principal) -> StoredDocument | None:
        return self._now if document_id == self._now.document_id else None


def test_a_status_of_answered_without_a_citation_is_a_refusal():
    bare = Answer(question="refunds", status="answered", text="Trust me.")
    left = keep_verified(bare, WordOverlapKnowledge([KEPT]), ANONYMOUS)
    assert (left.status, left.text) == ("refused", REFUSAL)


@pytest.mark.parametrize(
    ("start", "end", "standing"),
    [
        (None, timedelta(hours=1), "stands"),
        (timedelta(hours=-1), None, "stands"),
        (None, timedelta(hours=-1), "expired"),
        (timedelta(hours=1), None, "expired"),
    ],
)
def test_a_citation_of_a_document_that_does_not_hold_now_has_expired(
    start: timedelta | None, end: timedelta | None, standing: str
):
    now = datetime.now(UTC)
    document = replace(KEPT, valid_from=start and now + start, valid_until=end and now + end)
    (verdict,) = recheck(answer_from(KEPT).citations, WordOverlapKnowledge([document]), ANONYMOUS)
    assert (verdict.standing, verdict.lines) == (standing, (1, 1))
