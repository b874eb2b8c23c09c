"""``hybrid adapter push``: a version for others."""

from __future__ import annotations

from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def push(
    name: _options.AdapterName,
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="Folder of another registry, or hf:OWNER/NAME.", show_default=False),
    ],
    registry: _options.Registry = None,
    config: _options.Config = None,
    json: _options.Json = False,
) -> None:
    """Copy a version to another registry, where it keeps its number, or to the Hugging Face Hub.

    On the Hub a repository that does not exist is made private. The token comes from HF_TOKEN.
    """
    from rich.text import Text

    from hybrid._cli._adapters import registry_folder, report
    from hybrid._cli._display import Display, plain

    found = report("pushed", registry_folder(registry, config), name, target)
    Display(json=json).result(Text(plain(f"{found['pushed']} lies in {found['to']}")), found)
