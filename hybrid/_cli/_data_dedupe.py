"""``hybrid data dedupe``: one row of each group that asks the same with the same answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def dedupe(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Files of rows, or folders of *.jsonl.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where the rows that stay go; else nothing is written.")
    ] = None,
    contract: Annotated[
        str | None, typer.Option("--contract", metavar="MODULE:CLASS", help="Contract of the replies; else configured.")
    ] = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Take rows away that ask what another row asks, with the same answer; the files themselves stay as they are.

    An approved row stays before one that is not, else the first. Rows that contradict each other all stay.
    """
    from hybrid import _plugins
    from hybrid._cli._data_inputs import contract_of_rows, settings_or_defaults
    from hybrid._cli._data_writing import titled_list, write_records
    from hybrid._cli._display import Display
    from hybrid._cli._written import check_writable

    check_writable(out)
    settings = settings_or_defaults(config)
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    records = _plugins.load("hybrid_adapters.datasets.reading:load_records")(files)
    with display.steps() as steps:
        steps("comparing", 0, None)
        embedder = _plugins.load("hybrid_indexes.embedding.loading:load_embedder")(settings.embedding.model)
        found: Any = _plugins.load("hybrid_adapters.datasets.deduplication:deduplicate")(
            records, embed=embedder.embed_documents, contract=contract_of_rows(settings, contract)
        )
    if out is not None:
        write_records(out, found.kept)
    fields: dict[str, Any] = {
        "rows": len(records),
        "kept": len(found.kept),
        "file": str(out) if out else None,
        "repeated": [
            {"id": each.record.id, "place": each.record.place, "kept": each.kept, "reason": each.reason}
            for each in found.repeated
        ],
    }
    head = f"{len(found.kept):,} of {len(records):,} rows stay" + (f", in {out}" if out else "; --out writes them")
    lines = [(each["id"], f"{each['reason']}; {each['kept']!r} stays ({each['place']})") for each in fields["repeated"]]
    display.result(titled_list(head, lines), fields)
