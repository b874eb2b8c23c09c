"""The sample's own contract: an incoming ticket sorted into labels, with the one sentence to read first."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from hybrid.contract import Quote


class TicketTriage(BaseModel):
    """Where a ticket goes, how fast, and what to read before replying; ``voices/TRIAGE.md`` says by which rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: ClassVar[str] = """\
{{ urgency }} for {{ team }}: {{ category }}, {{ product }}\
{% if needs_human %}; a person has to answer{% endif %}
{% for sentence in read_first %}
{{ sentence }}
{% endfor %}"""

    status: Literal["answered", "refused"]
    """``refused`` where no document helps: the labels stand all the same, and a person reads the ticket."""

    category: Literal["safety", "fault", "question", "billing", "access", "privacy", "other"]
    """What it is about."""

    product: Literal["gateway", "probe", "dosing", "app", "api", "account", "none"]
    """Which part of the product it concerns."""

    urgency: Literal["P1", "P2", "P3"]
    """Level of the escalation page."""

    team: Literal["platform", "hardware", "second-line", "queue", "billing", "data-protection", "press-and-authorities"]
    """Who takes it."""

    needs_human: bool
    """Whether somebody has to decide, to act or to look into an account before the answer leaves."""

    read_first: Annotated[tuple[Quote, ...], Field(max_length=1)]
    """What to read first: a runbook, a known issue, or the page that answers."""
