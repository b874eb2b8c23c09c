"""Counts for operators, in the format of Prometheus; no label holds anything of a question or a document."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from hybrid.types import Answer

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counts of one application.

    Args:
        admitted: Tells how many requests are worked on or wait.
    """

    def __init__(self, admitted: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "hybrid_requests_total", "Requests.", ("route", "method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "hybrid_request_seconds", "Time until the answer was sent.", ("route",), buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._answers = Counter("hybrid_answers_total", "Answers by status.", ("status",), registry=self._registry)
        self._stages = Histogram(
            "hybrid_stage_seconds", "Time by stage of an answer.", ("stage",), buckets=_SECONDS, registry=self._registry
        )
        Gauge("hybrid_admitted", "Requests worked on or waiting.", registry=self._registry).set_function(admitted)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request; the route is its template, never the path that was asked for."""
        self._requests.labels(route, method, status).inc()
        self._seconds.labels(route).observe(seconds)

    def answer(self, answer: Answer) -> None:
        """Count an answer."""
        self._answers.labels(answer.status).inc()
        for stage, seconds in answer.timings.items():
            self._stages.labels(stage).observe(seconds)

    def text(self) -> bytes:
        """Return all counts as Prometheus reads them."""
        return generate_latest(self._registry)
