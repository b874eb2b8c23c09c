"""Spans of an answer: which, within which, and that nothing of a question or a document is in them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hybrid import tracing
from hybrid.errors import ModelError
from hybrid.pipeline import Pipeline
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.types import ANONYMOUS

SECRET = "Pelikan"
TEXT = f"# Refunds\n\nRefunds of {SECRET} are paid within 5 working days."


@pytest.fixture(scope="module")
def exporter():
    """Everything that this process traces from now on; a process has one provider for good."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()


@pytest.fixture
def spans(exporter):
    exporter.clear()
    return exporter.get_finished_spans


@pytest.fixture
def pipeline():
    return Pipeline(knowledge=WordOverlapKnowledge([public_document("refunds.md", TEXT)]))


class Broken:
    name = "broken"

    def reply(self, request):
        yield '{"status": "answered"'
        raise ModelError(f"cannot go on after {SECRET}")


def test_each_stage_of_an_answer_is_a_span_of_it(pipeline, spans):
    answer = pipeline.ask(f"When are refunds of {SECRET} paid?", principal=ANONYMOUS)
    found = {span.name: span for span in spans()}
    model = pipeline.composer.model.name
    assert list(found) == ["retrieval", "evidence", f"chat {model}", "verify", "answer"]
    root = found.pop("answer")
    assert {span.parent.span_id for span in found.values()} == {root.context.span_id}
    assert root.parent is None
    assert dict(found["retrieval"].attributes) == {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.top_k": 8,
        "hybrid.passages": len(answer.passages),
    }
    assert dict(found[f"chat {model}"].attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "hybrid",
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
    }
    assert dict(found["verify"].attributes) == {"hybrid.citations": 1}
    assert dict(root.attributes) == {"hybrid.status": "answered", "hybrid.citations": 1}
    assert root.instrumentation_scope.name == "hybrid"


def test_what_is_asked_and_what_is_read_is_in_no_span(pipeline, spans):
    list(pipeline.stream(f"When are refunds of {SECRET} paid?", principal=ANONYMOUS))
    pipeline.composer = replace(pipeline.composer, model=Broken())
    with pytest.raises(ModelError):
        pipeline.ask(f"When are refunds of {SECRET} paid?", principal=ANONYMOUS)
    with pytest.raises(Exception, match="control characters"):
        pipeline.ask(f"{SECRET}\0", principal=ANONYMOUS)
    assert len(spans()) == 5 + 4
    assert not any(SECRET in span.to_json() for span in spans())


def test_a_failure_is_told_by_its_kind(pipeline, spans):
    pipeline.composer = replace(pipeline.composer, model=Broken())
    with pytest.raises(ModelError):
        pipeline.ask("When are refunds paid?", principal=ANONYMOUS)
    failed = {span.name for span in spans() if not span.status.is_ok and not span.status.is_unset}
    assert failed == {"chat broken", "answer"}
    assert {span.attributes.get("error.type") for span in spans() if span.name in failed} == {"ModelError"}
    assert not [span.events for span in spans() if span.events]


def test_a_stream_that_is_left_ends_its_spans_and_touches_no_other(pipeline, spans):
    outer = trace.get_tracer("test").start_span("outer")
    with trace.use_span(outer, end_on_exit=True):
        events = pipeline.stream("When are refunds paid?", principal=ANONYMOUS)
        next(events)
        assert trace.get_current_span() is outer
        events.close()
    assert [span.name for span in spans()] == ["answer", "outer"]
    assert spans()[0].parent.span_id == outer.get_span_context().span_id


def test_an_answer_of_the_server_is_found_by_the_trace_id_that_it_has(pipeline, spans, tmp_path):
    from starlette.testclient import TestClient

    from hybrid.server.app import create_app
    from hybrid.server.settings import ServerSettings

    app = create_app(pipeline, settings=ServerSettings(data=tmp_path, people={"ana": ()}), dev=True)
    body = {"messages": [{"role": "user", "content": "When are refunds paid?"}]}
    with TestClient(app, base_url="http://localhost") as client:
        for stream in (False, True):
            answer = client.post("/v1/chat/completions", json=body | {"stream": stream})
            (root,) = [
                span for span in spans() if span.attributes.get("hybrid.trace_id") == answer.headers["X-Trace-Id"]
            ]
            assert root.name == "answer"


def test_only_one_file_knows_the_names():
    root = Path(__file__).parents[2]
    users = [path for path in (root / "hybrid").rglob("*.py") if "gen_ai" in path.read_text("utf-8")]
    assert [path.name for path in users] == ["tracing.py"]
    assert tracing.CONVENTION in (root / "docs" / "operation.md").read_text("utf-8")


def test_without_the_package_nothing_is_missing():
    program = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from hybrid import tracing\n"
        "with tracing.recorded('answer') as recording, recording.stage('verify', {'a': 1}) as inner:\n"
        "    inner.note({'b': 2})\n"
        "print(recording is inner is tracing.NOTHING)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")
