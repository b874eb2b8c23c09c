"""The report as JUnit XML, for the test view of a build server."""

from __future__ import annotations

import re
from xml.etree import ElementTree as xml

from hybrid.evaluation.check import RecallReport
from hybrid.evaluation.metrics import HEADLINE
from hybrid.evaluation.questions import principal_name
from hybrid.evaluation.regression import CheckReport
from hybrid.evaluation.report.numbers import score
from hybrid.evaluation.report.results import Result, question_results

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: RecallReport) -> str:
    """Return a suite ``verdict`` with the check as a whole, and a suite ``questions`` with a case for each question.

    A question fails where a relevant document is not among the first five, a document leaked, or the calibrated
    threshold judges it wrongly; the verdict fails where the check does. So a passing check can hold failing questions.
    """
    root = xml.Element("testsuites", name=_clean(f"recall-check {report.name}"))
    verdict = [_case("verdict", f"{HEADLINE} {score(report.metrics[HEADLINE].value)}", 0.0, report.failures)]
    _add_suite(root, "verdict", verdict)
    _add_suite(root, "questions", [_question_case(result) for result in question_results(report)])
    xml.indent(root)
    return xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def render_check_junit(report: CheckReport) -> str:
    """Return the suites of the recall check, and a suite ``answers`` with a case for each question's answer."""
    root = xml.fromstring(render_junit(report.recall))
    cases = [
        _case(
            "answers",
            f"{each.question.id}: {each.question.text}",
            each.seconds,
            tuple(f"{fault.kind}: {fault.detail}" for fault in each.faults),
        )
        for each in report.answers.outcomes
    ]
    _add_suite(root, "answers", cases)
    _add_suite(root, "check", [_case("check", f"hybrid check of {report.recall.name}", 0.0, report.failures)])
    xml.indent(root)
    return xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_suite(root: xml.Element, name: str, cases: list[xml.Element]) -> None:
    failures = sum(case.find("failure") is not None for case in cases)
    suite = xml.SubElement(root, "testsuite", name=name, tests=str(len(cases)), failures=str(failures), errors="0")
    suite.extend(cases)


def _question_case(result: Result) -> xml.Element:
    question = result.question
    case = _case("questions", f"{question.id}: {question.text}", result.seconds, result.faults)
    out = xml.SubElement(case, "system-out")
    out.text = _clean(f"asked by {principal_name(question.principal)}, {question.place}: {result.summary}")
    return case


def _case(suite: str, name: str, seconds: float, faults: tuple[str, ...]) -> xml.Element:
    case = xml.Element("testcase", classname=f"recall-check.{suite}", name=_clean(name), time=f"{seconds:.4f}")
    if faults:
        failure = xml.SubElement(case, "failure", message=_clean(faults[0]))
        failure.text = _clean("\n".join(faults))
    return case


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
