"""The sample's training examples: each can be learned, is true for who asks, and gives no golden question away."""

import importlib.util
import json
import re
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from hybrid import Principal
from hybrid.access import access_set
from hybrid.answering.assembly import default_composer
from hybrid.answering.events import DoneEvent
from hybrid.answering.request import ReplyEnd, ReplyPieces, ReplyRequest
from hybrid.config import build_connectors, load_settings
from hybrid.contract import Contract, SupportReply
from hybrid.contract.slots import Phrase
from hybrid.evidence.numbering import split_units
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.types import Document
from hybrid_adapters.rows.example import Example, load_examples
from hybrid_adapters.training.recipe import load_recipe

SAMPLE = Path(__file__).parents[2] / "examples" / "support_bot"
VOICES = ("support-voice", "formal-voice")
FILES = (*VOICES, "ticket-triage")
# The number before a step, such as "12.", is a unit too.
_NUMERAL = 4
NOW = datetime(2026, 11, 22, tzinfo=UTC)
GOLDEN = [json.loads(line) for line in (SAMPLE / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
EXAMPLES = {name: [placed.example for placed in load_examples([SAMPLE / f"voices/{name}.jsonl"])] for name in FILES}


def contract_of(name: str) -> Contract[Any]:
    return Contract(SupportReply if name in VOICES else triage())


@cache
def triage() -> type[BaseModel]:
    spec = importlib.util.spec_from_file_location("support_bot_contracts", SAMPLE / "contracts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # pydantic looks the names in annotations up there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.TicketTriage


@cache
def documents() -> dict[str, Document]:
    """Return the sample's documents that hold now, as the connector of its configuration reads them."""
    (connector,) = build_connectors(load_settings(SAMPLE / "hybrid.toml"))
    read = [connector.read(entry) for entry in connector.list().entries]
    return {each.path: each for each in read if each.valid_until is None or each.valid_until > NOW}


@cache
def units(path: str) -> tuple[str, ...]:
    text = documents()[path].text
    return tuple(words(text[unit.start : unit.end]) for unit in split_units(text))


def words(text: str) -> str:
    return " ".join(text.split())


def quotes(example: Example) -> list[dict[str, str]]:
    return example.reply["evidence"] if "evidence" in example.reply else example.reply["read_first"]


def cited(path: str, quote: str) -> set[tuple[str, str]]:
    """Return the units of a document that a quote touches, in whole or in part."""
    held = words(quote)
    return {(path, unit) for unit in units(path) if held in unit or (len(unit) > _NUMERAL and unit in held)}


def phrases(name: str) -> set[str]:
    return {example.reply[slot] for example in EXAMPLES[name] for slot in ("opening", "closing")}


@pytest.mark.parametrize("name", FILES)
def test_the_contract_takes_every_reply(name: str):
    contract = contract_of(name)
    for example in EXAMPLES[name]:
        slot = "evidence" if name in VOICES else "read_first"
        ids = [f"E{number}" for number, _ in enumerate(quotes(example), start=1)]
        reply = contract.parse(json.dumps({**example.reply, slot: ids}))
        assert (reply.status == "answered") == bool(ids), example.id
        assert example.decision == "approved", example.id


@pytest.mark.parametrize("name", FILES)
def test_every_quote_is_one_unit_of_evidence_that_the_asker_may_read_now(name: str):
    for example in EXAMPLES[name]:
        for quote in quotes(example):
            document = documents()[quote["document"]]
            assert quote["quote"] in document.text, example.id
            assert access_set(example.principal).permits(document.access, document.tenant), example.id
            matching = [unit for unit in units(document.path) if words(quote["quote"]) in unit]
            assert len(matching) == 1, f"{example.id}: a quote must identify its unit of evidence"


def test_golden_questions_stay_a_test():
    """A golden question's evidence is quoted in no example, for its principal or for any other."""
    tested = {
        unit for row in GOLDEN for target in row["relevant"] for unit in cited(target["document"], target["quote"])
    }
    taught = {
        unit
        for name in FILES
        for example in EXAMPLES[name]
        for quote in quotes(example)
        for unit in cited(quote["document"], quote["quote"])
    }
    assert len(tested) > 150
    assert taught & tested == set()


def test_no_question_is_nearly_another():
    asked = [(name, example.question) for name in FILES for example in EXAMPLES[name]]
    asked += [("golden", row["question"]) for row in GOLDEN]
    sets = [(name, text, frozenset(re.findall(r"\w+", text.casefold()))) for name, text in asked]
    near = [
        (one, other)
        for (name, one, a), (place, other, b) in combinations(sets, 2)
        if not name == place == "golden" and 2 * len(a & b) >= len(a | b)
    ]
    assert near == []


@pytest.mark.parametrize("name", VOICES)
def test_most_examples_answer_some_refuse_and_a_few_ask_back(name: str):
    counts = Counter(example.reply["status"] for example in EXAMPLES[name])
    total = counts.total()
    assert total >= 240
    assert 0.65 <= counts["answered"] / total <= 0.75
    assert 0.15 <= counts["refused"] / total <= 0.25
    assert 0.08 <= counts["clarify"] / total <= 0.12
    assert {len(quotes(example)) for example in EXAMPLES[name]} <= {0, 1, 2, 3}


@pytest.mark.parametrize("name", VOICES)
def test_every_document_is_quoted_and_none_of_them_often(name: str):
    counts = Counter(quote["document"] for example in EXAMPLES[name] for quote in quotes(example))
    assert documents().keys() - counts.keys() == set()
    assert max(counts.values()) <= 14


def test_the_voices_share_no_phrase():
    support, formal = map(phrases, VOICES)
    assert support & formal == set()


@pytest.mark.parametrize("name", VOICES)
def test_a_voice_has_few_phrases_that_the_contract_allows_and_each_comes_again(name: str):
    rule = Phrase(max_chars=120)
    found: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for example in EXAMPLES[name]:
        for slot in ("opening", "closing"):
            assert rule.allows(example.reply[slot]), example.reply[slot]
            found[example.reply["status"], slot][example.reply[slot]] += 1
    for (status, slot), counts in found.items():
        assert len(counts) <= {"answered": 14, "refused": 8, "clarify": 5}[status], (status, slot)
        assert min(counts.values()) >= 4, (status, slot)


def test_the_voices_keep_their_register():
    assert [phrase for phrase in phrases("formal-voice") if re.search(r"[!'’]|\bI\b", phrase)] == []
    warm = [phrase for phrase in phrases("support-voice") if re.search(r"[!'’]", phrase)]
    assert len(warm) == len(phrases("support-voice"))


def test_a_refusal_never_tells_whether_there_is_a_page():
    """What the asker may not read is refused in words that are used for what no document says as well."""
    for name in VOICES:
        for phrase in phrases(name):
            assert not re.search(r"allowed|permission|permitted|access|secret|restricted", phrase, re.IGNORECASE)


def expected_team(labels: dict[str, Any]) -> set[str]:
    """Return who may take a ticket by the rules of voices/TRIAGE.md."""
    match labels:
        case {"category": "privacy"}:
            return {"data-protection"}
        case {"category": "billing"}:
            return {"billing"}
        case {"category": "safety", "product": "dosing" | "probe"}:
            return {"hardware"}
        case {"urgency": "P1"}:
            return {"platform"}
        case {"urgency": "P2"}:
            return {"second-line"}
        case {"category": "other"}:
            return {"queue", "press-and-authorities"}
        case {"category": "fault", "product": "gateway" | "probe"}:
            return {"queue", "second-line"}
        case _:
            return {"queue"}


def test_the_labels_of_a_ticket_keep_the_rules():
    for example in EXAMPLES["ticket-triage"]:
        labels = example.reply
        assert labels["team"] in expected_team(labels), example.id
        assert labels["category"] != "safety" or labels["urgency"] == "P1", example.id
        if not labels["needs_human"]:
            assert (labels["urgency"], labels["status"]) == ("P3", "answered"), example.id
            assert labels["team"] in ("queue", "billing", "data-protection"), example.id


def test_the_labels_of_tickets_are_balanced():
    rows = [example.reply for example in EXAMPLES["ticket-triage"]]
    assert len(rows) >= 220
    for field, least in (("category", 20), ("product", 20), ("urgency", 35), ("team", 12), ("needs_human", 80)):
        kind = triage().model_fields[field].annotation
        values = (True, False) if kind is bool else get_args(kind)
        counts = Counter(row[field] for row in rows)
        assert min(counts[value] for value in values) >= least, (field, counts)


@pytest.mark.parametrize("name", FILES)
def test_every_file_has_a_recipe_for_its_contract(name: str):
    recipe = load_recipe(SAMPLE / f"{name}.toml")
    assert recipe.name == name
    assert recipe.rows == SAMPLE / "rows" / f"{name}.jsonl"
    assert recipe.contract is not None
    assert recipe.contract.endswith(f":{contract_of(name).name}")


class Sorter:
    """A model that sorts every ticket alike and points at the first evidence."""

    name = "sorter"

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        labels = {"category": "safety", "product": "dosing", "urgency": "P1", "team": "hardware", "needs_human": True}
        yield json.dumps({"status": "answered", **labels, "read_first": [request.evidence[0].id]})
        yield ReplyEnd(model=self.name)


def test_a_ticket_is_sorted_and_its_sentence_is_cited():
    page = public_document("escalation.md", "Dosing that runs where it should not is level one: telephone first.")
    knowledge = WordOverlapKnowledge([page])
    composer = default_composer(knowledge, model=Sorter(), contract=contract_of("ticket-triage"), refuse_below=0.0)
    ticket, ben = "the dosing runs and runs", Principal(user="ben")
    passages = knowledge.search(ticket, principal=ben).passages
    *_, done = composer.compose(ticket, passages, principal=ben, stream=False)
    assert isinstance(done, DoneEvent)
    assert done.answer.status == "answered"
    assert done.answer.text.splitlines()[0] == "P1 for hardware: safety, dosing; a person has to answer"
    assert [citation.quote for citation in done.answer.citations] == [page.text]
