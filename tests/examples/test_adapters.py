"""The sample's adapters, as they ship: bound to the bundled model, at work, and each in its own words."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("bitsandbytes")
pytest.importorskip("llguidance")
pytest.importorskip("peft")

from hybrid.answering.request import Limits, ReplyRequest, Style
from hybrid.contract import Contract, SupportReply
from hybrid.types import Evidence, Passage, StageScores
from hybrid_adapters.local import LocalModel
from hybrid_adapters.mini import NAME

SAMPLE = Path(__file__).parents[2] / "examples" / "support_bot"
VOICES = ("support-voice", "formal-voice")
QUESTIONS = {
    "hi, where in the app do I make an API key?": "api/authentication.md",
    "Which ports does the gateway need?": "help/network-requirements.md",
    "how do i send a broken gateway back": "help/returns-and-repairs.md",
}


@pytest.fixture(scope="module")
def model() -> Iterator[LocalModel]:
    model = LocalModel(NAME, registry=SAMPLE / "adapters")
    yield model
    model.close()


def phrases(voice: str) -> set[str]:
    examples = (SAMPLE / "voices" / f"{voice}.jsonl").read_text("utf-8").splitlines()
    replies = [json.loads(line)["reply"] for line in examples]
    return {reply[part] for reply in replies for part in ("opening", "closing")}


def evidence(page: str) -> tuple[Evidence, ...]:
    """Return lines of a page, as many as the pipeline shows."""
    text = (SAMPLE / "docs" / page).read_text("utf-8").split("---", 2)[2]
    lines = [line for line in text.splitlines() if len(line) > 20][:20]
    return tuple(unit(f"E{number}", line, -number) for number, line in enumerate(lines, start=1))


def unit(id_: str, line: str, score: float) -> Evidence:
    passage = Passage(
        document_id="docs:page.md",
        uri="page.md",
        title="Help",
        version="1",
        text=line,
        start=0,
        end=len(line),
        lines=(1, 1),
        scores=StageScores(fused=1.0),
    )
    return Evidence(id=id_, passage=passage, text=line, start=0, end=len(line), lines=(1, 1), score=score)


def reply(model: LocalModel, question: str, page: str, voice: str) -> SupportReply:
    request = ReplyRequest(
        question=question,
        evidence=evidence(page),
        contract=Contract(SupportReply),
        style=Style(adapter=voice),
        limits=Limits(first_token=None, idle=None, total=None),
    )
    pieces = model.reply(request)
    return Contract(SupportReply).parse("".join(piece for piece in pieces if isinstance(piece, str)))


@pytest.mark.parametrize("voice", VOICES)
def test_a_voice_speaks_in_the_words_it_was_taught(model: LocalModel, voice: str) -> None:
    said = [reply(model, question, page, voice) for question, page in QUESTIONS.items()]
    assert {each.opening for each in said} | {each.closing for each in said} <= phrases(voice)


def test_a_change_of_voice_changes_the_words_and_not_the_facts(model: LocalModel) -> None:
    both = 0
    for question, page in QUESTIONS.items():
        warm, formal, again = (reply(model, question, page, voice) for voice in (*VOICES, VOICES[0]))
        assert warm == again
        assert warm.opening != formal.opening
        # Here no retrieval has said that there is an answer, and the formal voice may ask back.
        if formal.status == warm.status == "answered":
            both += 1
            assert warm.evidence[0] == formal.evidence[0]
    assert both


def test_every_adapter_in_the_sample_is_served(model: LocalModel) -> None:
    assert set(model.adapters) == {*VOICES, "ticket-triage"}
