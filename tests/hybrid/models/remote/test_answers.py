"""From a question to an answer with a remote model in between: it can choose evidence, and nothing else."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading

import pytest

from hybrid import Pipeline, Principal
from hybrid.answering.events import CitationEvent, DoneEvent, ErrorEvent, TextEvent
from hybrid.config import Settings
from hybrid.errors import ModelError
from hybrid.models.remote import RemoteModel, from_settings

# LiteLLM asks every chunk for all attributes of pydantic models, deprecated ones included.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the 'model_.*' attribute on the instance is deprecated")

QUOTE = "Refunds are paid within 5 working days."
QUESTION = "When are refunds paid?"
ANA = Principal(user="ana")
KEY = "sk-proj-5ecret0123456789abcdef"


@pytest.fixture
def asked(tmp_path, named):
    """Make a pipeline over one page whose answers a service of a given behaviour composes."""
    opened: list[Pipeline] = []

    def make(behaviour: str, *fallbacks: str, **answer: object) -> Pipeline:
        (tmp_path / "docs").mkdir(exist_ok=True)
        (tmp_path / "docs" / "refunds.md").write_text(f"# Refunds\n\n{QUOTE}\n", "utf-8")
        source = {"type": "folder", "name": "docs", "path": str(tmp_path / "docs"), "default_readers": ["public"]}
        chosen = {"model": f"remote:{named(behaviour)}", "fallbacks": [named(each) for each in fallbacks], **answer}
        settings = {
            "index": {"path": tmp_path / "index"},
            "sources": [source],
            "answer": {"refuse_below": 0.0} | chosen,
        }
        pipeline = Pipeline.from_settings(Settings.model_validate(settings))
        opened.append(pipeline)
        pipeline.sync()
        return pipeline

    yield make
    for pipeline in opened:
        pipeline.close()
    assert "hybrid-remote" not in [thread.name for thread in threading.enumerate()]


def test_an_answer_cites_the_evidence_that_the_service_chose(asked):
    pipeline = asked("good")
    answer = pipeline.ask(QUESTION, principal=ANA)
    assert answer.text == f"Here it is:\n\n{QUOTE} [1]\n\nHave a good day."
    assert [(citation.quote, citation.verified) for citation in answer.citations] == [(QUOTE, True)]
    assert answer.model == pipeline.composer.model.name
    assert answer.tokens.prompt == 100
    assert len(answer.prompt_hash) == 64


@pytest.mark.parametrize(
    ("behaviour", "fallbacks"), [("good", ()), ("dies-once", ()), ("dies-quietly-once", ()), ("fails", ("good",))]
)
def test_a_stream_adds_up_to_its_answer_even_when_it_begins_again(asked, behaviour, fallbacks):
    text, known, answer = "", set(), None
    for event in asked(behaviour, *fallbacks).stream(QUESTION, principal=ANA):
        match event:
            case TextEvent(text=more, replaces=replaces):
                text = more if replaces else text + more
                assert "[1]" not in text or 1 in known
            case CitationEvent(citation=citation):
                known.add(citation.marker)
            case DoneEvent():
                answer = event.answer
            case _:
                pass
    assert answer.status == "answered"
    assert answer.text == text
    assert QUOTE in text


@pytest.mark.parametrize("behaviour", ["invents", "invents-quotes", "garbage", "unknown-ids", "truncates"])
def test_no_word_of_a_service_that_invents_gets_into_an_answer(asked, behaviour):
    pipeline = asked(behaviour)
    answer = pipeline.ask(QUESTION, principal=ANA)
    shown = answer.text + answer.markdown + repr(answer.citations) + repr(answer.data) + repr(answer.checks)
    assert "9,999" not in shown
    assert "evil" not in shown
    assert answer.status == ("answered" if behaviour == "invents" else "refused")
    assert all(citation.quote == QUOTE for citation in answer.citations)
    for event in pipeline.stream(QUESTION, principal=ANA):
        assert "evil" not in repr(event)


def test_a_service_that_stalls_ends_a_stream_with_its_error(asked):
    pipeline = asked("stalls", limits={"idle": 0.4})
    *_, last = pipeline.stream(QUESTION, principal=ANA)
    assert isinstance(last, ErrorEvent)
    assert last.error == "DeadlineError"


@pytest.mark.parametrize("behaviour", ["good", "garbage-once", "forbids", "fails", "busy", "dies"])
def test_key_and_documents_stay_out_of_logs_and_errors(asked, behaviour, caplog, capfd):
    pipeline = asked(behaviour)
    model = pipeline.composer.model
    raised = ""
    with caplog.at_level(logging.DEBUG):
        for name in ("LiteLLM", "LiteLLM Router", "openai", "httpx", "httpcore", "aiohttp", "asyncio"):
            caplog.set_level(logging.DEBUG, logger=name)
        try:
            pipeline.ask(QUESTION, principal=ANA)
        except ModelError as error:
            raised = repr(error) + str(error.__cause__) + str(error.__context__)
    told = caplog.text + "".join(capfd.readouterr()) + raised + repr(model) + repr(vars(model))
    assert raised or behaviour.startswith("g")
    for secret in (KEY, KEY[3:], QUOTE, "9,999"):
        assert secret not in told


def test_settings_make_the_model_with_its_fallbacks(service):
    answer = {"model": "remote:openai/a", "fallbacks": ["openai/b"], "api_base": service.address}
    model = from_settings(Settings.model_validate({"answer": answer}))
    assert isinstance(model, RemoteModel)
    assert repr(model) == "RemoteModel('openai/a', 'openai/b')"


@pytest.mark.parametrize(
    "program",
    [
        "import hybrid, hybrid.models.remote",
        "from typer.testing import CliRunner; from hybrid._cli.main import app; CliRunner().invoke(app, ['--help'])",
        "from hybrid.testing.knowledge import WordOverlapKnowledge as K; from hybrid import Pipeline;"
        "Pipeline(knowledge=K([]))",
        "from hybrid.models.remote import RemoteModel; RemoteModel('openai/x').close()",
    ],
)
def test_litellm_is_not_imported_before_it_is_asked(program):
    check = f"{program}\nimport sys; assert 'litellm' not in sys.modules"
    subprocess.run(
        [sys.executable, "-c", check], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )


def test_importing_litellm_opens_no_connection():
    check = (
        "import socket\n"
        "def refuse(*_, **__): raise SystemExit('a connection was opened')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        "from hybrid.models._remote.sdk import sdk\n"
        "assert sdk().telemetry is False\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LITELLM_")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", check], check=True, env=environment)
