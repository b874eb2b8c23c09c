"""``hybrid sync --watch``: sync again whenever a source changes."""

from __future__ import annotations

import time
from pathlib import Path

from hybrid._cli._display import Display
from hybrid._cli._opening import settings_of
from hybrid._cli._sync_view import sync_view
from hybrid.channel.opening import opened
from hybrid.config import Settings, build_connectors
from hybrid.errors import IndexLockedError
from hybrid.watching import RESCAN_SECONDS, changes, require_watching, watched_paths

_RETRY_S = 2.0


def watch_sources(config: Path | None, display: Display) -> None:
    """Sync, then sync again after every change and every few minutes, until Ctrl-C.

    The index is held only while a sync runs, so that other commands can read it in between; while one of them does, the
    sync waits.

    Raises:
        MissingExtraError: The package that watches folders is not installed.
    """
    settings = settings_of(config)
    require_watching("hybrid sync --watch")
    paths = watched_paths(build_connectors(settings))
    synced = False
    due = time.monotonic()
    for changed in changes(paths, ignored=[settings.index.path, settings.server.data]):
        if not changed and time.monotonic() < due:
            continue
        try:
            _sync(settings, display, only_news=synced)
        except IndexLockedError as error:
            display.note(f"{error}; trying again")
            due = time.monotonic() + _RETRY_S
            continue
        if not synced:
            display.note(f"watching {', '.join(paths) or 'nothing, looking now and then'}; Ctrl-C ends it")
        synced = True
        due = time.monotonic() + RESCAN_SECONDS


def _sync(settings: Settings, display: Display, *, only_news: bool) -> None:
    """Sync once and show what happened, unless nothing did."""
    with display.steps() as steps, opened(settings) as pipeline:
        report = pipeline.sync(progress=lambda at: steps("documents", at.done, at.total))
    if report.outcomes or not only_news:
        display.result(sync_view(report), report)
