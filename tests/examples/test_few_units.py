"""The sample's voices where little is found: a pipeline of one short document, greedy, in the voices' own words."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("bitsandbytes")
pytest.importorskip("llguidance")
pytest.importorskip("peft")

from hybrid.answering.request import Limits, Style
from hybrid.contract import SupportReply
from hybrid.pipeline import Pipeline
from hybrid.types import ANONYMOUS, Answer
from hybrid_adapters.local import LocalModel
from hybrid_adapters.mini import NAME

Asked = Callable[[str], Answer]

SAMPLE = Path(__file__).parents[2] / "examples" / "support_bot"
VOICES = ("support-voice", "formal-voice")
DOCUMENTS = {
    "returns": "# Returns\n\nYou can return an unopened gateway within 30 days of delivery.\n",
    "wifi": "The office Wi-Fi password is on the back of your badge.\n\nGuests use the network called Lobby.\n",
    "lunch": "Lunch is served from 12 to 14 in the canteen.\n",
}
QUESTIONS = {
    "returns": "How long can I return an unopened gateway?",
    "wifi": "Where is the office Wi-Fi password?",
    "lunch": "When is lunch served?",
}


@pytest.fixture(scope="module", params=DOCUMENTS)
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Return how to ask the question of one small page in a voice."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "docs").mkdir()
    (folder / "docs" / "page.md").write_text(DOCUMENTS[request.param], "utf-8")
    with Pipeline.from_folder(folder / "docs", readers=("public",), index=folder / "index") as pipeline:
        model = LocalModel(NAME, registry=SAMPLE / "adapters")
        patient = Limits(first_token=None, idle=None, total=None)
        pipeline.composer = replace(pipeline.composer, model=model, limits=patient)
        pipeline.sync()
        yield lambda voice: pipeline.ask(QUESTIONS[request.param], principal=ANONYMOUS, style=Style(adapter=voice))


def phrases(voice: str) -> set[str]:
    examples = (SAMPLE / "voices" / f"{voice}.jsonl").read_text("utf-8").splitlines()
    replies = [json.loads(line)["reply"] for line in examples]
    return {reply[part] for reply in replies for part in ("opening", "closing")}


@pytest.mark.parametrize("voice", VOICES)
def test_a_voice_is_not_garbled_where_one_line_is_found(asked: Asked, voice: str) -> None:
    answer = asked(voice)
    assert isinstance(answer.data, SupportReply), answer.status
    assert {answer.data.opening, answer.data.closing} <= phrases(voice)
