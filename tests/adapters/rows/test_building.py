"""Rows out of the sample's documents: what stands in them is what serving shows, and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rows_samples import BUFFERS, ESCALATION, EXAMPLES, INVITATION, MOON, PORTS, SLOPE, Bench, example

from hybrid.answering.prompt import messages
from hybrid.answering.request import ReplyEnd, ReplyPieces, ReplyRequest
from hybrid.contract import Contract, SupportReply
from hybrid.errors import RowsError
from hybrid.evidence.numbering import number_evidence
from hybrid.evidence.reading import plain
from hybrid.pipeline import Pipeline
from hybrid.types import ANONYMOUS
from hybrid_adapters.rows.reading import LocalReader, Voice
from hybrid_adapters.rows.row import TrainingRow

FORMAL = Voice(instructions="Speak formally.")
DISTILLED = replace(FORMAL, distilled=True)


class Watched:
    """A model that refuses, and keeps what it was asked."""

    name = "watched"

    def __init__(self) -> None:
        self.requests: list[ReplyRequest] = []

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        self.requests.append(request)
        yield '{"status":"refused","opening":"","evidence":[],"closing":""}'
        yield ReplyEnd(model=self.name)


def served(pipeline: Pipeline, bench: Bench, *examples: dict) -> list[ReplyRequest]:
    """Return what a model is asked when the examples' principals ask the pipeline."""
    model = Watched()
    serving = Pipeline(
        knowledge=pipeline.knowledge, composer=replace(pipeline.composer, model=model), rewriter=pipeline.rewriter
    )
    for placed in bench.placed(*examples):
        serving.ask(placed.example.question, principal=placed.example.principal)
    return model.requests


def shown(row: TrainingRow) -> list[str]:
    """Return the lines of evidence of a row."""
    evidence, _, _ = row.messages[-2].content.partition("\n\nQuestion: ")
    return evidence.splitlines()[3:]


def cited(row: TrainingRow) -> Iterator[str]:
    for id_ in json.loads(row.reply)["evidence"]:
        yield next(line for line in shown(row) if line.startswith(f"{id_} |"))


@pytest.mark.parametrize("voice", [Voice(), FORMAL, DISTILLED])
def test_a_row_is_what_serving_shows_a_model(pipeline: Pipeline, bench: Bench, voice: Voice) -> None:
    built = bench.build(voice=voice)
    assert (built.left_out, len(built.rows)) == ((), len(EXAMPLES))
    requests = served(pipeline, bench, *EXAMPLES)
    for row, request in zip(built.rows, requests, strict=True):
        chat = messages(request, instructions=voice.instructions, distilled=voice.distilled)
        assert json.dumps(row.prompt) == json.dumps(chat)


def test_the_reply_points_at_the_unit_that_was_meant(bench: Bench) -> None:
    rows = {row.example: row for row in bench.build().rows}
    (line,) = cited(rows["invitation"])
    assert "expires after 7 days" in line
    (line,) = cited(rows["ports"])
    assert "mqtt.poolwright.example" in line
    (line,) = cited(rows["buffers"])
    assert "buffers 7.00 and 9.21" in line
    assert rows["invitation"].documents == ["docs:help/users-and-roles.md"]
    assert (rows["moon"].documents, json.loads(rows["moon"].reply)["evidence"]) == ([], [])


def test_a_reply_is_written_as_the_grammar_writes_it(bench: Bench) -> None:
    fields = list(SupportReply.model_fields)
    for row in bench.build().rows:
        found = json.loads(row.reply)
        assert list(found) == fields
        assert json.dumps(found, ensure_ascii=False, separators=(",", ":")) == row.reply
        assert Contract(SupportReply).parse(row.reply)


def test_a_local_model_reads_the_very_tokens_of_its_rows(pipeline: Pipeline, bench: Bench, model_folder: Path) -> None:
    from hybrid_adapters.local import LocalModel
    from hybrid_adapters.local._texts import Texts

    examples = (INVITATION, BUFFERS, MOON)
    rows = bench.build(*examples, reader=LocalReader(str(model_folder), "fp32")).rows
    assert [row.id for row in rows] == ["invitation", "buffers", "moon"]
    requests = served(pipeline, bench, *examples)
    model, texts = LocalModel(str(model_folder), quantization="fp32"), Texts(str(model_folder))
    try:
        for row, request in zip(rows, requests, strict=True):
            *_, end = model.reply(request)
            tokens = texts.prompts.encoded(row.prompt, add_generation_prompt=True)
            read = b"".join(token.to_bytes(4, "little") for token in tokens)
            assert hashlib.sha256(read).hexdigest() == end.prompt_hash
            assert len(shown(row)) < len(request.evidence)
    finally:
        model.close()


def test_a_grammar_admits_the_replies_of_rows(bench: Bench, model_folder: Path) -> None:
    from transformers import AutoTokenizer

    from hybrid_adapters.local._grammar import Grammars

    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    grammars = Grammars(tokenizer, len(tokenizer))
    rows = bench.build(*EXAMPLES, claim(CLAIM)).rows
    assert len(rows) == len(EXAMPLES) + 1
    for row in rows:
        run = grammars.grammar(Contract(SupportReply), shown_ids(row)).matcher.deep_copy()
        tokens = tokenizer.encode(row.reply, add_special_tokens=False)
        assert (run.try_consume_tokens(tokens), run.is_accepting()) == (len(tokens), True), row.reply


def shown_ids(row: TrainingRow) -> Sequence[str]:
    return [line.partition(" ")[0] for line in shown(row) if line.startswith("E")]


def test_the_same_examples_and_index_give_the_same_version(bench: Bench) -> None:
    options = {"missing": 0.5, "held_out": 0.3, "put_in": True}
    first, second = (bench.build(seed=7, **options) for _ in range(2))
    assert (first.rows, first.card) == (second.rows, second.card)
    assert bench.build(voice=FORMAL, seed=7, **options).card.version != first.card.version


def test_no_document_is_trained_on_and_held_out(bench: Bench) -> None:
    built = bench.build(missing=1.0, held_out=0.3)
    trained = {document for row in built.rows if row.split == "train" for document in row.documents}
    held = {document for row in built.rows if row.split == "held-out" for document in row.documents}
    assert held
    assert trained.isdisjoint(held)
    splits = {row.example: {each.split for each in built.rows if each.example == row.example} for row in built.rows}
    assert all(len(found) == 1 for found in splits.values())


def test_one_document_cannot_be_split_and_a_note_says_so(bench: Bench) -> None:
    built = bench.build(BUFFERS, SLOPE, held_out=0.5)
    assert {row.split for row in built.rows} == {"train"}
    assert "no document could be held out" in built.notes[0]


def test_a_copy_without_its_answer_refuses_in_the_words_of_a_refusal(bench: Bench) -> None:
    built = bench.build(missing=1.0)
    rows = {row.id: row for row in built.rows}
    copies = [row for row in built.rows if row.id.endswith(":missing")]
    assert [row.example for row in copies] == ["invitation", "ports", "buffers", "slope"]
    for copy in copies:
        assert copy.reply == rows["moon"].reply
        answers = {line.partition(" | ")[2] for line in cited(rows[copy.example])}
        left = {line.partition(" | ")[2] for line in shown(copy)}
        assert left.isdisjoint(answers)
        # A model must not learn to refuse from the number of lines.
        assert len(shown(copy)) == len(shown(rows[copy.example]))
        assert copy.documents == rows[copy.example].documents
    assert "expires after 7 days" not in rows["invitation:missing"].prompt[1]["content"]


def test_half_of_them_is_half_of_the_answered_ones(bench: Bench) -> None:
    built = bench.build(missing=0.5)
    assert built.card.counts["status"] == {"answered": 4, "clarify": 1, "refused": 3}


def test_a_copy_with_few_units_keeps_its_answers_and_its_words(bench: Bench) -> None:
    built = bench.build(few=1.0)
    rows = {row.id: row for row in built.rows}
    copies = [row for row in built.rows if row.id.endswith(":few")]
    assert {row.example for row in copies} >= {"invitation", "ports", "moon"}
    for copy in copies:
        whole = rows[copy.example]
        assert len(shown(copy)) < len(shown(whole))
        assert len(shown(copy)) <= max(3, len(list(cited(whole))))
        assert _texts(cited(copy)) == _texts(cited(whole))
        assert copy.split == whole.split
        told, copied = json.loads(whole.reply), json.loads(copy.reply)
        assert told | {"evidence": []} == copied | {"evidence": []}


def _texts(lines: Iterator[str]) -> list[str]:
    return [line.partition(" | ")[2] for line in lines]


def test_without_a_refusal_nobody_knows_the_words_of_one(bench: Bench) -> None:
    with pytest.raises(RowsError, match="need an example that refuses"):
        bench.build(INVITATION, missing=1.0)


LOST = example("lost", "Where is the goat?", ("help/users-and-roles.md", "**expires after 7 days**"))


def test_evidence_that_retrieval_does_not_bring_is_reported_by_stage(bench: Bench) -> None:
    built = bench.build(INVITATION, LOST)
    assert [row.id for row in built.rows] == ["invitation"]
    (left,) = built.left_out
    assert (left.example, left.why) == ("lost", "not found")
    assert "docs:help/users-and-roles.md" in left.reason
    assert built.faulty == 0


def test_it_can_be_put_in_where_the_search_finds_it_deeper(pipeline: Pipeline, bench: Bench) -> None:
    question = "How long is an invitation to a new user valid?"
    passage = pipeline.search(question, principal=ANONYMOUS, limit=60).passages[50]
    unit = number_evidence([passage])[0]
    deep = example("deep", question, (passage.document_id, unit.text))
    assert [each.example for each in bench.build(INVITATION, deep).left_out] == ["deep"]
    before, after = (bench.build(each, put_in=True).rows[0] for each in (INVITATION, deep))
    (line,) = cited(after)
    assert after.id == "deep:put-in"
    assert plain(unit.text) in plain(line)
    assert shown_ids(after) == shown_ids(before)
    assert len(set(shown(after)) - set(shown(before))) >= 1


@pytest.mark.parametrize(
    ("document", "quote", "reason"),
    [
        ("help/no-such.md", "a", "unknown document 'help/no-such.md'"),
        ("help/users-and-roles.md", "It expires after eight years.", "its words do not stand there"),
        ("help/users-and-roles.md", "a", r"stands in \d+ units of docs:help/users-and-roles.md; take more words"),
        ("internal/support/macros.md", "a", "its principal may not read docs:internal/support/macros.md"),
    ],
)
def test_a_pointer_that_nobody_can_mean_is_faulty(bench: Bench, document: str, quote: str, reason: str) -> None:
    bad = example("bad", "How long is an invitation valid?", (document, quote))
    built = bench.build(INVITATION, bad)
    (left,) = built.left_out
    assert (left.why, built.faulty, [row.id for row in built.rows]) == ("faulty", 1, ["invitation"])
    assert left.place.endswith("examples.jsonl:2")
    assert re.search(reason, left.reason)


def test_a_quote_over_two_units_is_faulty(pipeline: Pipeline, bench: Bench) -> None:
    text = pipeline.source("docs:help/rounds.md", principal=ANONYMOUS).text
    at = text.index("A template holds up to")
    bad = example("bad", "How many checks can a round template have?", ("help/rounds.md", text[at : at + 300]))
    (left,) = bench.build(INVITATION, bad).left_out
    assert "it spans several" in left.reason


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"status": "answered", "opening": "", "evidence": [], "closing": ""}, "an answered reply points at nothing"),
        ({"status": "refused", "opening": "See 3", "evidence": [], "closing": ""}, "opening is no phrase"),
        ({"status": "refused", "opening": "", "evidence": []}, "breaks contract SupportReply at closing"),
        ({"status": "answered", "opening": "", "evidence": ["E1"], "closing": ""}, "which only retrieval can"),
        (
            {"status": "refused", "opening": "", "evidence": [{"document": "macros", "quote": "a"}], "closing": ""},
            "'refused' points at evidence",
        ),
        (
            {"status": "answered", "opening": "", "evidence": [{"document": "macros", "quote": ""}], "closing": ""},
            "write document and quote, both not empty",
        ),
    ],
)
def test_a_reply_that_breaks_its_contract_is_faulty(bench: Bench, reply: dict, reason: str) -> None:
    (left,) = bench.build(INVITATION, {**MOON, "reply": reply}).left_out
    assert (left.why, reason in left.reason) == ("faulty", True), left.reason


CLAIM = "An invitation expires after 7 days and can be sent again with one click."


def claim(text: str) -> dict:
    evidence = [{"document": "users-and-roles", "quote": "**expires after 7 days**"}]
    reply = {"status": "answered", "opening": "", "evidence": [{"text": text, "evidence": evidence}], "closing": ""}
    return {**INVITATION, "id": "claim", "reply": reply}


def test_a_claim_keeps_its_words_and_points_at_its_unit(bench: Bench) -> None:
    (row,) = bench.build(claim(CLAIM)).rows
    (found,) = json.loads(row.reply)["evidence"]
    assert found["text"] == CLAIM
    (id_,) = found["evidence"]
    assert any(line.startswith(f"{id_} |") and "expires after 7 days" in line for line in shown(row))


def test_a_claim_that_says_more_than_its_evidence_is_faulty(bench: Bench) -> None:
    (left,) = bench.build(INVITATION, claim(CLAIM.replace("7", "9"))).left_out
    assert "a claim says more than its evidence" in left.reason


def test_only_what_a_reviewer_approved_is_built(bench: Bench) -> None:
    waiting = {**PORTS, "decision": "open", "reviewer": None}
    built = bench.build(INVITATION, waiting)
    assert [(left.example, left.why) for left in built.left_out] == [("ports", "unapproved")]
    built = bench.build(INVITATION, waiting, unapproved=True)
    assert built.card.counts["decision"] == {"approved": 1, "open": 1}
    assert built.card.reviewers == {"ben": 1, "nobody": 1}


def test_distilled_rows_are_the_question_alone_and_cost_less(bench: Bench) -> None:
    built = bench.build(voice=DISTILLED)
    assert {tuple(message.role for message in row.messages) for row in built.rows} == {("user", "assistant")}
    assert (built.card.distilled, built.card.instructions) == (True, "Speak formally.")
    assert built.cost.counted == "estimated as characters / 4"
    full = bench.build(voice=FORMAL)
    saved = built.cost.tokens_full - built.cost.tokens_distilled
    assert saved == pytest.approx(len(full.rows[0].messages[0].content) / 4, abs=1)
    assert built.card.prompt_hash != full.card.prompt_hash


def test_with_a_model_at_hand_tokens_are_counted_and_reading_is_measured(bench: Bench, model_folder: Path) -> None:
    cost = bench.build(INVITATION, MOON, reader=LocalReader(str(model_folder), "fp32"), voice=DISTILLED).cost
    assert cost.counted == "counted by the tokenizer of tiny"
    assert cost.seconds_full is not None
    assert cost.seconds_distilled is not None


def test_answers_that_serving_would_refuse_for_lack_of_support_are_named(pipeline: Pipeline, bench: Bench) -> None:
    strict = replace(pipeline.composer, refuse_below=1.0)
    serving = Pipeline(knowledge=pipeline.knowledge, composer=strict, rewriter=pipeline.rewriter)
    built = replace(bench, pipeline=serving).build(INVITATION, MOON)
    assert built.refused_by_support == ("invitation",)


def test_a_question_that_leans_on_nothing_reaches_no_model(bench: Bench) -> None:
    built = bench.build(INVITATION, example("it", "And how much is it?", status="clarify"))
    assert [(left.example, left.why) for left in built.left_out] == [("it", "asked back")]


def test_members_are_shown_what_visitors_are_not(bench: Bench) -> None:
    built = bench.build(
        {**ESCALATION, "reply": MOON["reply"]}, {**ESCALATION, "id": "visitor", "as": {}, "reply": MOON["reply"]}
    )
    member, visitor = (row.prompt[1]["content"] for row in built.rows)
    assert "goodwill" in member.partition("Evidence:")[2].partition("Question:")[0].lower()
    assert member != visitor


@pytest.mark.parametrize(
    "shares", [{"missing": 1.5}, {"missing": -0.1}, {"few": 1.1}, {"held_out": 1.0}, {"held_out": -0.1}]
)
def test_shares_that_are_none_are_refused(bench: Bench, shares: dict) -> None:
    with pytest.raises(RowsError, match="give one from 0"):
        bench.build(**shares)
