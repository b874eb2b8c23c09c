"""Findings of ``hybrid doctor``, for people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from rich.console import Group, RenderableType
from rich.text import Text

from hybrid._cli._display import plain
from hybrid.errors import CheckFailed

Level = Literal["ok", "warning", "problem"]
_STYLES: dict[Level, str] = {"ok": "green", "warning": "yellow", "problem": "bold red"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    """What was looked at."""

    text: str
    """What was found."""

    level: Level = "ok"
    """``warning``: works, but not as well as it could. ``problem``: does not work."""

    advice: str = ""
    """What to do about it."""


def findings_view(findings: Sequence[Finding]) -> RenderableType:
    """Return a line for each finding."""
    width = max(len(finding.subject) for finding in findings)
    return Group(*(_line(finding, width) for finding in findings))


def findings_fields(findings: Sequence[Finding]) -> dict[str, object]:
    """Return the findings as JSON values; ``healthy`` is whether none is a problem."""
    return {"healthy": not _problems(findings), "findings": [asdict(finding) for finding in findings]}


def require_healthy(findings: Sequence[Finding]) -> None:
    """Return if there is no problem.

    Raises:
        CheckFailed: There is one; the message names the first.
    """
    if problems := _problems(findings):
        others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise CheckFailed(f"{problems[0].subject}: {problems[0].text}{others}")


def _problems(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == "problem"]


def _line(finding: Finding, width: int) -> Text:
    line = Text.assemble(
        (f"{finding.level:<8}", _STYLES[finding.level]), " ", (f"{finding.subject:<{width}}  ", "bold")
    )
    line.append(plain(finding.text))
    return line.append(f"; {plain(finding.advice)}" if finding.advice else "")
