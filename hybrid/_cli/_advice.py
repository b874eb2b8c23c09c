"""What the commands that ask for advice share: where it is found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hybrid._cli._opening import config_file
from hybrid.advise.gathering import gather
from hybrid.advise.intent import FILE, load_intent
from hybrid.config import Settings, load_settings
from hybrid.errors import ConfigError

if TYPE_CHECKING:
    from hybrid.advise.facts import Facts


def intent_file(config: Path | None, *, recipe: Path | None = None) -> Path:
    """Return where people wrote down what they know: beside the recipe where that is, else beside the configuration."""
    beside = config_file(config).parent / FILE
    if recipe is not None and (recipe.parent / FILE).is_file():
        return recipe.parent / FILE
    return beside


def facts_for(
    intent: Path,
    registry: Path,
    config: Path | None,
    *,
    adapter: str | None = None,
    approved: int | None = None,
    method: str | None = None,
) -> Facts:
    """Return everything that is known for advice.

    Args:
        intent: What people wrote down, as ``intent_file`` found it; it need not exist.
        registry: Folder of the adapters.
        config: What ``--config`` said.
        adapter: Adapter whose evaluations count; the configured one when left out, else the only one that has any.
        approved: Reviewed pairs of a recipe.
        method: Method of that recipe.

    Raises:
        ConfigError: A file does not make sense.
        RowsError: The examples cannot be read.
    """
    if adapter is not None and ("/" in adapter or adapter.startswith(".")):
        raise ConfigError(f"{adapter!r} is no adapter's name; give one such as support-voice")
    settings = _settings(config)
    wanted = adapter or (settings.answer.adapter if settings else None)
    return gather(
        load_intent(intent),
        settings=settings,
        registry=registry,
        name=wanted and wanted.partition("@")[0],
        approved=approved,
        method=method,
    )


def _settings(config: Path | None) -> Settings | None:
    file = config_file(config)
    return load_settings(file) if config is not None or file.is_file() else None
