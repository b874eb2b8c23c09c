"""From settings to a pipeline, whether the index is free or held by a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid.channel.place import socket_of
from hybrid.config import Settings

if TYPE_CHECKING:
    from hybrid.pipeline import Pipeline
    from hybrid.protocols import SyncedKnowledge


def opened(settings: Settings) -> Pipeline:
    """Return the pipeline of settings, over the index, or over the server on this machine that holds the index.

    Raises:
        ConfigError: The settings do not make sense, or the model takes no adapter.
        IndexLockedError: Another process holds the index and is no server, or one of another user.
    """
    from hybrid.pipeline import Pipeline

    return Pipeline.from_settings(settings, knowledge=_served(settings))


def _served(settings: Settings) -> SyncedKnowledge | None:
    # Most commands find no server, and do not pay for what they would tell it.
    if not socket_of(settings.index.path).exists():
        return None
    from hybrid.channel.served import served_knowledge

    return served_knowledge(settings)
