"""``hybrid data``: from authored examples to rows that an adapter is trained on."""

from __future__ import annotations

from hybrid._cli._lazy import Lazy, LazyGroup, command_app


class _Commands(LazyGroup):
    table = {
        "check": Lazy(module="hybrid._cli._data_check", help="Find what has to be mended in rows."),
        "review": Lazy(module="hybrid._cli._data_review", help="Approve, edit or reject rows, one after the other."),
        "build": Lazy(module="hybrid._cli._data_build", help="Make training rows out of examples, by the pipeline."),
    }


app = command_app(cls=_Commands, help="Make and keep the rows that adapters are trained on.")


@app.callback()
def data() -> None:
    """Make and keep the rows that adapters are trained on."""
