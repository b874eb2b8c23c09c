"""The report as one HTML file: no scripts, nothing loaded from elsewhere, readable on any screen and on paper."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from hybrid.evaluation.attribution import REMEDIES
from hybrid.evaluation.check import RecallReport
from hybrid.evaluation.metrics import CHECKED_K, HEADLINE
from hybrid.evaluation.questions import principal_name
from hybrid.evaluation.refusal import MAX_FALSE_REFUSALS
from hybrid.evaluation.regression import CheckReport
from hybrid.evaluation.report import numbers, plots
from hybrid.evaluation.report.results import question_results


def render_html(report: RecallReport) -> str:
    """Return the whole page; every text of the golden file and the documents' ids is escaped."""
    return _rendered(report, None)


def render_check_html(check: CheckReport) -> str:
    """Return the same page with the answers, and the verdict of both."""
    return _rendered(replace(check.recall, failures=check.failures), check)


def _rendered(report: RecallReport, check: CheckReport | None) -> str:
    page = _environment().get_template("report.html.j2")
    return page.render(
        report=report,
        check=check,
        curve=plots.recall_curve(report),
        histogram=plots.score_histogram(report),
        matrix=plots.leak_matrix(report.matrix),
        results=tuple(question_results(report)),
        stages=Counter(miss.stage for miss in report.missed_documents),
        remedies=REMEDIES,
        counted=numbers.counted,
        headline=HEADLINE,
        k=CHECKED_K,
        max_false_refusals=MAX_FALSE_REFUSALS,
        size=(plots.WIDTH, plots.HEIGHT),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("hybrid.evaluation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        score=numbers.score,
        signed=numbers.signed,
        span=numbers.span,
        percent=numbers.percent,
        milliseconds=numbers.milliseconds,
        principal=principal_name,
    )
    return environment
