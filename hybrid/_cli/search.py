"""``hybrid search``: the best passages that somebody may read."""

from __future__ import annotations

from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def search(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What is asked.", show_default=False)],
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="At most so many passages.")] = 10,
    filters: _options.Filters = None,
    as_of: _options.AsOf = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Show the best passages that somebody may read, best first.

    Who asks is said with --user and --group; nobody said is an anonymous visitor, who sees only what is public.
    """
    from hybrid._cli._display import Display
    from hybrid._cli._identity import moment_of, narrowing_of, principal_of
    from hybrid._cli._opening import open_silent_pipeline
    from hybrid._cli._passages import found_view

    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    principal, narrowing, moment = principal_of(user, groups, tenant), narrowing_of(filters), moment_of(as_of)
    with display.steps() as steps:
        steps("searching", 0, None)
        with open_silent_pipeline(config) as pipeline:
            found = pipeline.search(question, principal=principal, limit=limit, narrowing=narrowing, moment=moment)
    display.result(found_view(found), found)
