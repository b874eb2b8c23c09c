"""``hybrid audit``: who was shown which document version. For operators."""

from __future__ import annotations

from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def audit(
    document: Annotated[
        str | None,
        typer.Argument(metavar="DOCUMENT", help="Id or path of a document; all, when left out.", show_default=False),
    ] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="NAME", help="Only what this user was shown.")] = None,
    trace: Annotated[
        str | None, typer.Option("--trace", metavar="ID", help="Only what one request showed, by its trace_id.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="From this moment on; UTC if naive.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Before this moment.")] = None,
    config: _options.Config = None,
) -> None:
    """Print who was shown which version of which document, one JSON object a line, oldest first.

    It is what `hybrid serve` wrote before it showed anything: answers, searches and opened sources. Documents that are
    gone from the index are in it too. How long lines are kept is audit_days under [server].
    """
    from hybrid._cli._display import Display
    from hybrid._cli._identity import moment_of
    from hybrid._cli._opening import settings_of
    from hybrid.server.audit import Wanted, shown_lines

    display = Display()
    first, end = moment_of(since, option="--since"), moment_of(until, option="--until")
    wanted = Wanted(document=document, user=user, trace_id=trace, since=first, until=end)
    for line in shown_lines(settings_of(config).server.data, wanted):
        display.line(line)
