"""``hybrid ask``: an answer with verified citations, or an honest refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What is asked.", show_default=False)],
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    filters: _options.Filters = None,
    as_of: _options.AsOf = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Show text as it is verified; with --json one event per line.")
    ] = False,
    adapter: _options.Adapter = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Also write the answer as JSON, for hybrid cite check.")
    ] = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Answer a question with verified citations, or refuse.

    Every citation was re-read from the stored document before it is shown. A refusal is a right answer too: it lists
    the closest passages, and the exit code is 0. With --stream, what is verified is shown while the rest is made.
    """
    from hybrid._cli._display import Display, to_json
    from hybrid._cli._identity import moment_of, narrowing_of, principal_of
    from hybrid._cli._opening import open_pipeline
    from hybrid._cli._passages import answer_view
    from hybrid._cli._streaming import show_stream
    from hybrid._cli._written import check_writable, write_file

    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    principal, narrowing, moment = principal_of(user, groups, tenant), narrowing_of(filters), moment_of(as_of)
    check_writable(out)
    with open_pipeline(config, adapter=adapter) as pipeline:
        if stream:
            events = pipeline.stream(question, principal=principal, narrowing=narrowing, moment=moment)
            answer = show_stream(events, display)
        else:
            with display.steps() as steps:
                steps("answering", 0, None)
                answer = pipeline.ask(question, principal=principal, narrowing=narrowing, moment=moment)
    if out is not None:
        write_file(out, to_json(answer))
        display.note(f"written to {out}")
    if not stream:
        display.result(answer_view(answer), answer)
