"""``hybrid init``: a configuration that works at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()

_CONFIGURATION = """\
# Configuration of hybrid. Paths are relative to this file.

[index]
path = ".hybrid"                # made by `hybrid sync`; can be removed and made again at any time

[[sources]]
type = "folder"                 # or git, jsonl, web, sql
name = "docs"
path = "docs"
# Who may read a document that names nobody itself. "public" is everybody, also visitors who did not sign in.
# Remove the line, and such a document is readable for nobody.
default_readers = ["public"]

# A document names its own readers in front matter, which wins over all of this:
#   ---
#   access: ["group:legal", "user:ana"]
#   ---
#
# Readers by path; the first rule that matches decides:
# [[sources.rules]]
# match = "contracts/**"
# readers = ["group:legal"]
"""

_WELCOME = """\
# Welcome

Put your documents into this folder: Markdown, text, HTML, PDF, Word, PowerPoint, Excel or code.

Run `hybrid sync` after every change, or `hybrid sync --watch` to have it done for you.

Every answer quotes the documents it comes from, with file and line.
A question that no document answers is refused.
"""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where hybrid.toml and docs/ are to be.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite a hybrid.toml that is there.")] = False,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
) -> None:
    """Write DIR/hybrid.toml, which reads DIR/docs and names its readers in plain sight.

    A folder that is missing is made; a docs folder that is missing or empty gets a short welcome document, so that
    `hybrid sync` and `hybrid ask` work at once.
    """
    from rich.text import Text

    from hybrid._cli._display import Display, plain
    from hybrid.config import DEFAULT_FILE
    from hybrid.errors import ConfigError, StorageError

    file, documents = folder / DEFAULT_FILE, folder / "docs"
    if file.exists() and not force:
        raise ConfigError(f"{str(file)!r} exists; edit it, or overwrite it with --force")
    try:
        documents.mkdir(parents=True, exist_ok=True)
        welcomed = not any(documents.iterdir())
        if welcomed:
            (documents / "welcome.md").write_text(_WELCOME, "utf-8")
        file.write_text(_CONFIGURATION, "utf-8")
    except OSError as error:
        raise StorageError(f"{str(error.filename or folder)!r} cannot be written: {error.strerror}") from None
    where = "" if folder == Path() else f"cd {folder} && "
    lines = [
        f"{file} reads {documents}, whose documents are public unless they say otherwise.",
        f"Next: {where}hybrid sync",
    ]
    display = Display(json=json, quiet=quiet)
    display.result(
        Text(plain("\n".join(lines))), {"config": str(file), "documents": str(documents), "welcome": welcomed}
    )
