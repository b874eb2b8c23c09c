"""What the routes of one application share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hybrid.channel.listening import Channel
from hybrid.pipeline import Pipeline
from hybrid.review.desk import Desk
from hybrid.server.gate import Gate
from hybrid.server.metrics import Metrics
from hybrid.server.rates import Rates
from hybrid.server.readiness import Readiness
from hybrid.server.records import Records
from hybrid.server.retention import Retention
from hybrid.server.scim.directory import Directory
from hybrid.server.settings import ServerSettings
from hybrid.server.signin.chain import SignIns
from hybrid.server.syncing import Syncing
from hybrid.server.voices import Voices


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that lives as long as the application."""

    pipeline: Pipeline
    """Finds and answers; whoever made it closes it."""

    settings: ServerSettings
    """As configured."""

    gate: Gate
    """Admits requests to the pipeline."""

    sign_ins: SignIns
    """Ways to sign in."""

    admins: frozenset[str]
    """Access tokens of the administrators."""

    reviewers: frozenset[str]
    """Access tokens of the reviewers."""

    rates: Rates
    """Requests by principal."""

    voices: Voices
    """Models that a request may name."""

    directory: Directory | None
    """Users and groups that an identity provider has written; None where none may."""

    records: Records
    """Who was shown what, and what they thought of it."""

    retention: Retention
    """How long records are kept."""

    desk: Desk
    """What reviewers look at."""

    clock: Callable[[], float]
    """Seconds since 1970."""

    syncing: Syncing
    """The sync in the background."""

    channel: Channel | None
    """Where commands on this machine reach the index; None where the pipeline was composed in Python."""

    metrics: Metrics
    """Counts for operators."""

    readiness: Readiness
    """Whether questions can be answered."""
