"""``hybrid adapter``: versions of adapters, from training to service."""

from __future__ import annotations

from hybrid._cli._lazy import Lazy, LazyGroup, command_app


class _Commands(LazyGroup):
    table = {
        "plan": Lazy(module="hybrid._cli._adapter_plan", help="Estimate what a recipe takes and brings."),
        "train": Lazy(module="hybrid._cli._adapter_train", help="Train what a recipe describes."),
        "evaluate": Lazy(module="hybrid._cli._adapter_evaluate", help="Measure a version next to the simpler way."),
        "rate": Lazy(module="hybrid._cli._adapter_rate", help="Add people's ratings to an evaluation."),
        "promote": Lazy(module="hybrid._cli._adapter_promote", help="Put a version into service if it is better."),
        "list": Lazy(module="hybrid._cli._adapter_list", help="List adapters and which version is in service."),
        "show": Lazy(module="hybrid._cli._adapter_show", help="Show what a version is, fits and is worth."),
        "diff": Lazy(module="hybrid._cli._adapter_diff", help="Show what changed between two versions."),
        "verify": Lazy(module="hybrid._cli._adapter_verify", help="Prove that versions are and do what they did."),
        "rollback": Lazy(module="hybrid._cli._adapter_rollback", help="Put another version into service."),
        "compare": Lazy(module="hybrid._cli._adapter_compare", help="Tell what an experiment has shown so far."),
        "push": Lazy(module="hybrid._cli._adapter_push", help="Copy a version to a registry or to the Hub."),
    }


app = command_app(cls=_Commands, help="Train, inspect and serve adapters, versioned like a dependency.")


@app.callback()
def adapter() -> None:
    """Train, inspect and serve adapters, versioned like a dependency."""
