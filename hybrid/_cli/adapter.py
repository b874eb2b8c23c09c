"""``hybrid adapter``: versions of adapters, from training to service."""

from __future__ import annotations

from hybrid._cli._lazy import Lazy, LazyGroup, command_app


class _Commands(LazyGroup):
    table = {
        "plan": Lazy(module="hybrid._cli._adapter_plan", help="Estimate what a recipe takes and brings."),
        "train": Lazy(module="hybrid._cli._adapter_train", help="Train what a recipe describes."),
        "list": Lazy(module="hybrid._cli._adapter_list", help="List adapters and which version is in service."),
    }


app = command_app(cls=_Commands, help="Train, inspect and serve adapters, versioned like a dependency.")


@app.callback()
def adapter() -> None:
    """Train, inspect and serve adapters, versioned like a dependency."""
