"""``hybrid backup``: index, server records and settings in one file, also while a server runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def backup(
    place: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|DIR", help="The archive, or a folder for one named by the time.", show_default=False
        ),
    ],
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Write journal, engine, stored texts, server records, hashed API keys and settings into one archive.

    A running server goes on answering; a sync waits for the copy. The archive is read again and compared with its sums
    before it gets its name, and is readable for its owner alone: it holds the texts of all documents. The documents'
    own files, models, adapters and the key of the session cookies are not in it.
    """
    from rich.text import Text

    from hybrid._cli._display import Display, plain
    from hybrid._cli._opening import config_file, settings_of
    from hybrid.backup.writing import back_up
    from hybrid.channel.opening import opened

    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    settings = settings_of(config)
    with display.steps() as steps, opened(settings.without_model()) as pipeline:
        written = back_up(pipeline, settings, config_file(config), place, step=lambda name: steps(name, 0, None))
    view = f"{written.path}: {written.files} files, {written.bytes / 1e6:,.1f} MB, read again and whole"
    fields = {"archive": str(written.path), "files": written.files, "bytes": written.bytes, "sha256": written.sha256}
    display.result(Text(plain(f"{view}\nsha256 {written.sha256}")), fields)
