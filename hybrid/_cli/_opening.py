"""From ``--config`` to an open pipeline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid.channel.opening import opened
from hybrid.config import DEFAULT_FILE, Settings, load_settings

if TYPE_CHECKING:
    from hybrid.pipeline import Pipeline


def config_file(named: Path | None) -> Path:
    """Return the configuration to read: the one named, else ``HYBRID_CONFIG``, else ``hybrid.toml`` here."""
    path = named or Path(os.environ.get("HYBRID_CONFIG") or DEFAULT_FILE)
    return path / DEFAULT_FILE if path.is_dir() else path


def settings_of(named: Path | None) -> Settings:
    """Return the settings of the configuration to read.

    Raises:
        ConfigError: It is absent or does not make sense.
    """
    return load_settings(config_file(named))


def open_pipeline(named: Path | None, *, adapter: str | None = None) -> Pipeline:
    """Return the pipeline of the configuration to read; close it when done.

    Args:
        named: What ``--config`` said.
        adapter: Adapter to speak with instead of the configured one.

    Raises:
        ConfigError: The configuration is absent or does not make sense, or its model takes no adapter.
        IndexLockedError: Another process holds the index and is no server.
    """
    settings = settings_of(named)
    if adapter is not None:
        answer = settings.answer.model_copy(update={"adapter": adapter})
        settings = settings.model_copy(update={"answer": answer})
    return opened(settings)


def open_silent_pipeline(named: Path | None) -> Pipeline:
    """Return the same for a command that asks nothing: the configured model, which takes seconds to load, is left out.

    Raises:
        ConfigError: The configuration is absent or does not make sense.
        IndexLockedError: Another process holds the index and is no server.
    """
    return opened(settings_of(named).without_model())
