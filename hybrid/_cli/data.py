"""``hybrid data``: from authored examples to rows that an adapter is trained on."""

from __future__ import annotations

from hybrid._cli._lazy import Lazy, LazyGroup, command_app


class _Commands(LazyGroup):
    table = {
        "check": Lazy(module="hybrid._cli._data_check", help="Find what has to be mended in rows."),
        "dedupe": Lazy(module="hybrid._cli._data_dedupe", help="Take repeated rows away."),
        "draft": Lazy(module="hybrid._cli._data_draft", help="Let a model draft rows, for somebody to review."),
        "review": Lazy(module="hybrid._cli._data_review", help="Approve, edit or reject rows, one after the other."),
        "split": Lazy(module="hybrid._cli._data_split", help="Hold rows out, by document."),
        "version": Lazy(module="hybrid._cli._data_version", help="Name rows by a hash; keep and compare versions."),
        "build": Lazy(module="hybrid._cli._data_build", help="Make training rows out of examples, by the pipeline."),
        "choices": Lazy(
            module="hybrid._cli._data_choices", help="Make rows for an evidence ranker of golden questions."
        ),
        "export": Lazy(module="hybrid._cli._data_export", help="Write approved rows for OpenAI or TRL."),
        "import": Lazy(module="hybrid._cli._data_import", help="Read rows of OpenAI or TRL, for somebody to review."),
    }


app = command_app(cls=_Commands, help="Make and keep the rows that adapters are trained on.")


@app.callback()
def data() -> None:
    """Make and keep the rows that adapters are trained on."""
