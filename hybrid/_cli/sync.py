"""``hybrid sync``: bring the index up to date with its sources."""

from __future__ import annotations

from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def sync(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, write nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, whenever something changes, until Ctrl-C.")] = False,
    accept_empty: Annotated[
        list[str] | None,
        typer.Option("--accept-empty", metavar="SOURCE", help="Let this source lose all its documents. Repeatable."),
    ] = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Bring the index up to date with the sources.

    Only what changed is read and embedded. A document that cannot be read keeps its last good version, is named, and is
    tried again next time; then the exit code is 1. One with a title and no text is skipped, and what it said before is
    removed. A source that suddenly lists nothing is taken for one that cannot be
    reached, unless --accept-empty names it. Ctrl-C loses nothing: run it again to go on.
    """
    from hybrid._cli._display import Display
    from hybrid._cli._opening import open_silent_pipeline
    from hybrid._cli._sync_view import require_no_failure, sync_view
    from hybrid.errors import ConfigError

    if watch and (dry_run or json or accept_empty):
        other = "--dry-run" if dry_run else "--json" if json else "--accept-empty"
        raise ConfigError(f"--watch and {other} exclude each other; drop one of them")
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    if watch:
        from hybrid._cli._watch import watch_sources

        return watch_sources(config, display)
    with display.steps() as steps:
        steps("opening", 0, None)
        with open_silent_pipeline(config) as pipeline:
            steps("documents", 0, None)
            empty = accept_empty or ()
            report = (
                pipeline.plan(accept_empty=empty)
                if dry_run
                else pipeline.sync(progress=lambda at: steps("documents", at.done, at.total), accept_empty=empty)
            )
    display.result(sync_view(report), report)
    require_no_failure(report)
