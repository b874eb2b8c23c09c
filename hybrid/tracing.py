"""Spans of OpenTelemetry around the stages of an answer, without a word of questions or documents.

All names that are written stand here, once. Those of ``gen_ai`` are still in development and change between versions of
the conventions, so exactly one version is written, the one that ``CONVENTION`` names; the others are our own.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import hybrid

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

CONVENTION = "semantic-conventions-genai 0.1.0"
"""The conventions that the ``gen_ai`` names are of."""

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
TOP_K = "gen_ai.retrieval.top_k"
ERROR = "error.type"
STATUS = "hybrid.status"
SUPPORT = "hybrid.support"
PASSAGES = "hybrid.passages"
EVIDENCE = "hybrid.evidence"
CITATIONS = "hybrid.citations"
TRACE_ID = "hybrid.trace_id"

Stage = Literal["answer", "retrieval", "evidence", "chat", "verify"]
"""``retrieval`` and ``chat`` are operations of the conventions."""

Attributes = Mapping[str, str | int | float]
"""What a span says; counts and names, never content."""

request: ContextVar[str | None] = ContextVar("request", default=None)
"""What a server calls the request that is being answered, to find its log lines and its answer by."""


class Recording:
    """A span that runs, or nothing where nobody traces."""

    def __init__(self, span: Span | None = None, context: Context | None = None) -> None:
        self._span = span
        self._context = context

    def note(self, attributes: Attributes) -> None:
        """Let the span say more."""
        if self._span is not None:
            self._span.set_attributes(dict(attributes))

    @contextmanager
    def stage(self, stage: Stage, attributes: Attributes | None = None) -> Generator[Recording]:
        """Record a stage of this one while the block runs; the block may yield, and be resumed in other threads."""
        with recorded(stage, attributes, within=self._context) as recording:
            yield recording


NOTHING = Recording()
"""For whoever is not traced."""


@contextmanager
def recorded(
    stage: Stage, attributes: Attributes | None = None, *, within: Context | None = None
) -> Generator[Recording]:
    """Record a stage while the block runs.

    The span is never the current one of its thread: a generator that is closed elsewhere could not take that back.

    Args:
        stage: What it is called.
        attributes: What the span says from the beginning.
        within: What it is part of; whatever is traced already where this is called, when left out.
    """
    tracer = _tracer()
    if tracer is None:
        yield NOTHING
        return
    from opentelemetry.trace import Status, StatusCode, set_span_in_context

    said = dict(attributes or {})
    name = f"{stage} {said[REQUEST_MODEL]}" if REQUEST_MODEL in said else stage
    span = tracer.start_span(name, context=within, attributes=said)
    try:
        yield Recording(span, set_span_in_context(span, within))
    except Exception as error:
        # Its kind and no more: the message of a failure may quote what it failed on.
        span.set_attribute(ERROR, type(error).__name__)
        span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        span.end()


@cache
def _tracer() -> Tracer | None:
    if find_spec("opentelemetry") is None:
        return None
    from opentelemetry.trace import get_tracer

    return get_tracer("hybrid", hybrid.__version__)
