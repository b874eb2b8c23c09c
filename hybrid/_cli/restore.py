"""``hybrid restore``: a backup in the place of what is there, once everything in it was checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

if TYPE_CHECKING:
    from hybrid.backup.restoring import Restored

app = command_app()


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="What hybrid backup wrote.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")] = False,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Put a backup in the place of the index and the server records that the configuration names.

    No server may run. The whole archive is compared with its sums and its index is opened before anything is touched;
    a restore that fails or is killed leaves the old index live. Settings, API keys and people that are there stay, so
    that a key or somebody removed since does not come back; where none are, the backup's are written.

    Readers of documents are those of the backup until the next sync: run it before anybody asks.
    """
    from rich.text import Text

    from hybrid._cli._display import Display, plain
    from hybrid._cli._opening import config_file
    from hybrid.backup.restoring import restore

    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    with display.steps() as steps:
        done = restore(archive, config_file(config), dry_run=dry_run, step=lambda name: steps(name, 0, None))
    display.result(Text(plain(_told(done))), done)
    for path in done.kept:
        display.note(f"{path} was there already and stays; the backup's is another one")
    if not dry_run:
        display.note("readers are those of the backup until the next sync; run: hybrid sync")


def _told(done: Restored) -> str:
    did = "would be restored" if done.dry_run else "restored"
    records = ", and the server's records" if done.records else ""
    missing = f"; the next sync writes {done.unwritten:,} chunks again" if done.unwritten else ""
    return f"{did}: {done.documents:,} documents as of {done.made}{records}{missing}"
