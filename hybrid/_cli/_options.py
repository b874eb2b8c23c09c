"""Options that several commands share, each defined once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration, or the folder that holds hybrid.toml; else HYBRID_CONFIG, else ./hybrid.toml.",
    ),
]
User = Annotated[str | None, typer.Option("--user", metavar="NAME", help="Who asks; nobody said is anonymous.")]
Groups = Annotated[
    list[str] | None, typer.Option("--group", metavar="NAME", help="A group of who asks; may be given again.")
]
Tenant = Annotated[str, typer.Option("--tenant", metavar="NAME", help="The tenant of who asks.", show_default=False)]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter", metavar="KEY=VALUE", help="Only documents with this metadata; again with one key means any value."
    ),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Documents as they held then: 2026-03-01, UTC if naive.")
]
Adapter = Annotated[
    str | None, typer.Option("--adapter", metavar="NAME", help="Adapter that a local model speaks with.")
]
AdapterName = Annotated[
    str,
    typer.Argument(metavar="NAME", help="support-voice is the version in service, support-voice@2 one version."),
]
Registry = Annotated[
    Path | None,
    typer.Option(
        "--registry", metavar="DIR", help="Folder of the adapters; else what hybrid.toml says, else ./adapters."
    ),
]
Margin = Annotated[
    float, typer.Option("--margin", min=0.0, max=1.0, help="Least mean gain, from 0 to 1, over every rival.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing on stderr but errors.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="Show no progress bar.")]
