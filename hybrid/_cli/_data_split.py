"""``hybrid data split``: rows that train, and rows that are held out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def split(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Files of rows, or folders of *.jsonl.")],
    train: Annotated[Path, typer.Option("--train", metavar="FILE", help="Where the rows go that train.")],
    held_out: Annotated[Path, typer.Option("--held-out", metavar="FILE", help="Where the rows go that are held out.")],
    share: Annotated[float, typer.Option("--share", metavar="SHARE", help="Part of the rows to hold out.")] = 0.15,
    seed: Annotated[int, typer.Option("--seed", help="Decides which.")] = 0,
    era: Annotated[str | None, typer.Option("--era", metavar="ERA", help="Rows of this policy era alone.")] = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Divide approved rows by the documents that they rest on: nothing that trains is asked for in what is held out.

    Rows that rest on one document, or ask the same, stay together. Both files are written whole; the others stay.
    """
    from hybrid import _plugins
    from hybrid._cli._data_inputs import settings_or_defaults
    from hybrid._cli._data_writing import titled_list, write_rows
    from hybrid._cli._display import Display
    from hybrid._cli._written import check_writable

    check_writable(train, held_out)
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    records = _plugins.load("hybrid_adapters.datasets.reading:load_records")(files)
    if era is not None:
        records = _plugins.load("hybrid_adapters.datasets.versions:of_era")(records, era)
    approved = [record for record in records if record.approved]
    with display.steps() as steps:
        steps("comparing", 0, None)
        name = settings_or_defaults(config).embedding.model
        embedder = _plugins.load("hybrid_indexes.embedding.loading:load_embedder")(name)
        divided = _plugins.load("hybrid_adapters.datasets.dividing:divide")(
            approved, share=share, seed=seed, embed=embedder.embed_documents
        )
    row = _plugins.load("hybrid_adapters.datasets.dividing:divided_fields")
    write_rows(train, (row(record, "train") for record in divided.train))
    write_rows(held_out, (row(record, "held-out") for record in divided.held_out))
    left_out = len(records) - len(approved)
    fields: dict[str, Any] = _plugins.load("hybrid_adapters.datasets.dividing:division_fields")(divided)
    fields["left_out"] = left_out
    documents = fields["documents"]
    lines = [
        ("train", f"{fields['train']:,} rows on {documents['train']:,} documents in {train}"),
        ("held out", f"{fields['held_out']:,} rows on {documents['held_out']:,} documents in {held_out}"),
    ]
    left = f", {left_out:,} that nobody approved are left out" if left_out else ""
    display.result(titled_list(f"{len(approved):,} approved rows, seed {seed}{left}", lines), fields)
