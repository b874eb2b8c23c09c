"""``hybrid data draft``: what a model answers, as examples for somebody to review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def draft(
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS", help="One a line, or JSONL with a field question.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file of examples that they are added to.")],
    era: Annotated[str, typer.Option("--era", metavar="ERA", help="The policies that the documents hold now.")],
    model: Annotated[
        str | None, typer.Option("--model", metavar="MODEL", help="local:FOLDER or remote:NAME; else configured.")
    ] = None,
    user: _options.User = None,
    group: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Let a model answer questions, and add its replies to a file of examples; none is approved before a review.

    Its evidence is quoted from documents that the asker may read. Each draft is written at once: run it again to go on.
    """
    from functools import partial

    from hybrid import _plugins
    from hybrid._cli._data_inputs import asked_in, known_era
    from hybrid._cli._data_writing import titled_list
    from hybrid._cli._display import Display
    from hybrid._cli._opening import opened, settings_of
    from hybrid._cli._written import check_writable
    from hybrid.types import Principal

    check_writable(out)
    settings = settings_of(config)
    known_era(settings, era)
    if model is not None:
        answer = settings.answer.model_copy(update={"model": model, "adapter": None})
        settings = settings.model_copy(update={"answer": answer})
    texts = [text for _, text in asked_in(questions)]
    principal = Principal(user=user, groups=frozenset(group or ()), tenant=tenant)
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    with display.steps() as steps, opened(settings) as pipeline:
        found: Any = _plugins.load("hybrid_adapters.datasets.drafting:draft_examples")(
            pipeline, texts, out, era=era, principal=principal, progress=partial(steps, "asking")
        )
    fields = {
        "file": str(out),
        "written": list(found.written),
        "known": found.known,
        "failed": [{"question": question, "reason": reason} for question, reason in found.failed],
    }
    known = f", {found.known:,} stood there already" if found.known else ""
    head = f"{len(found.written):,} drafts in {out}{known}; next: hybrid data review {out}"
    display.result(titled_list(head, list(found.failed)), fields)
