"""``hybrid review``: the review desk in a terminal, for operators; it works on the records of ``hybrid serve``."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

if TYPE_CHECKING:
    from hybrid.review.cases import Outcome
    from hybrid.review.desk import Desk, SeenCase
    from hybrid.types import Principal

app = command_app(help="Turn refused, poor and disliked answers into work.")

_Trace = Annotated[str, typer.Argument(metavar="ID", help="Of the case, or its first characters.", show_default=False)]
_Places = Annotated[
    list[int] | None,
    typer.Option("--place", metavar="N", help="Number of a place that answers it; may be given again."),
]
_Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, for other reviewers.", show_default=False)]
_Days = Annotated[float, typer.Option("--days", min=0.01, metavar="DAYS", help="How far to look back.")]


@app.callback()
def review() -> None:
    """Turn refused, poor and disliked answers into golden questions, training rows and a list of missing documents.

    Documents are shown as far as --user and --group may read them. Who asked is known by groups alone.
    """


@app.command(name="list")
def list_cases(
    decided: Annotated[bool, typer.Option("--decided", help="Those that somebody has decided about.")] = False,
    days: _Days = 90.0,
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
) -> None:
    """List the cases, like questions together, the most frequent first."""
    from hybrid._cli._display import Display
    from hybrid._cli._review_view import cases_fields, cases_view

    with _opened(config, user, groups, tenant) as (desk, reviewer):
        found = desk.groups(reviewer, is_open=not decided, days=days)
    Display(json=json, quiet=quiet).result(cases_view(found), cases_fields(found))


@app.command()
def golden(
    trace: _Trace,
    places: _Places = None,
    note: _Note = "",
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
) -> None:
    """Make a case a golden question, answered by the places given; without any it is to be refused."""
    with _opened(config, user, groups, tenant) as (desk, reviewer):
        _decide(desk, reviewer, trace, "golden", places, note)


@app.command()
def row(
    trace: _Trace,
    places: _Places = None,
    note: _Note = "",
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
) -> None:
    """Make a case a training row that is open until somebody approves it: hybrid data review."""
    with _opened(config, user, groups, tenant) as (desk, reviewer):
        _decide(desk, reviewer, trace, "row", places, note)


@app.command()
def missing(
    trace: _Trace,
    note: _Note = "",
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
) -> None:
    """Put a case on the list of documents that should be written."""
    with _opened(config, user, groups, tenant) as (desk, reviewer):
        _decide(desk, reviewer, trace, "missing", None, note)


@app.command()
def dismiss(
    trace: _Trace,
    note: _Note = "",
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
) -> None:
    """Say that a case needs no work."""
    with _opened(config, user, groups, tenant) as (desk, reviewer):
        _decide(desk, reviewer, trace, "dismissed", None, note)


@app.command()
def reopen(
    trace: _Trace,
    note: _Note = "",
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
) -> None:
    """Take a decision back; what it had written stays."""
    with _opened(config, user, groups, tenant) as (desk, reviewer):
        _decide(desk, reviewer, trace, "open", None, note)


@app.command()
def report(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="HTML file to write.", show_default=False)],
    days: _Days = 7.0,
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
) -> None:
    """Write the report of the last days: questions, refusals, what waits, what was done, what is out of date."""
    import time

    from hybrid._cli._opening import settings_of
    from hybrid._cli._written import check_writable, write_file
    from hybrid.review.figures import load_figures
    from hybrid.review.report import render_report

    check_writable(file)
    now = time.time()
    figures = load_figures(settings_of(config).server.data, tenant=tenant, since=now - days * 86_400)
    with _opened(config, user, groups, tenant) as (desk, reviewer):
        text = render_report(
            figures,
            waiting=desk.groups(reviewer, days=days),
            decided=desk.groups(reviewer, is_open=False, days=days),
            ended=desk.ended(reviewer),
            days=days,
            now=now,
        )
    write_file(file, text)


@contextmanager
def _opened(
    config: Path | None, user: str | None, groups: list[str] | None, tenant: str
) -> Generator[tuple[Desk, Principal]]:
    from hybrid._cli._identity import principal_of
    from hybrid._cli._opening import open_silent_pipeline, settings_of
    from hybrid.answering.assembly import contract_named
    from hybrid.review.desk import Desk
    from hybrid.server.records import Records

    reviewer, settings = principal_of(user, groups, tenant), settings_of(config)
    with open_silent_pipeline(config) as pipeline:
        records = Records(settings.server.data)
        try:
            contract = contract_named(settings.answer.contract)
            yield Desk(pipeline, settings.server, records, contract=contract), reviewer
        finally:
            records.close()


def _decide(desk: Desk, reviewer: Principal, trace: str, outcome: Outcome, places: list[int] | None, note: str) -> None:
    from hybrid._cli._display import Display
    from hybrid.review.desk import Decision

    decision = Decision(outcome=outcome, places=tuple(places or ()), note=note)
    written = desk.decide(_found(desk, reviewer, trace), reviewer, decision)
    if written is not None:
        Display().text(f"{written.file}: {written.id}\n")
        if written.changed:
            Display().note(f"personal data was taken out: {written.question}")


def _found(desk: Desk, reviewer: Principal, trace: str) -> SeenCase:
    from hybrid.errors import ConfigError

    found = desk.cases(trace, reviewer)
    if len(found) != 1:
        what = "no case begins" if not found else f"{len(found)} cases begin"
        raise ConfigError(f"{what} with {trace!r}; hybrid review list shows their ids")
    return found[0]
