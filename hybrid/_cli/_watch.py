"""``hybrid sync --watch``: sync again whenever a source changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from hybrid._cli._display import Display
from hybrid._cli._opening import settings_of
from hybrid._cli._sync_view import sync_view
from hybrid.config import Settings, build_connectors
from hybrid.errors import IndexLockedError, MissingExtraError
from hybrid.pipeline import Pipeline
from hybrid.protocols import Watchable

_DEBOUNCE_MS = 1_600
_TICK_MS = 500
# File-system events get lost (full queues, network drives) and some sources have none: look at everything now and then.
_RESCAN_S = 300.0
_RETRY_S = 2.0


def watch_sources(config: Path | None, display: Display) -> None:
    """Sync, then sync again after every change and every few minutes, until Ctrl-C.

    The index is held only while a sync runs, so that other commands can read it in between; while one of them does, the
    sync waits.

    Raises:
        MissingExtraError: The package that watches folders is not installed.
    """
    settings = settings_of(config)
    paths = watched_paths(settings)
    synced = False
    due = time.monotonic()
    for changed in changes(paths, ignored=settings.index.path):
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
        due = time.monotonic() + _RESCAN_S


def watched_paths(settings: Settings) -> list[str]:
    """Return the folders that the sources want to be watched and that exist."""
    connectors = build_connectors(settings)
    wanted = (path for each in connectors if isinstance(each, Watchable) for path in each.watch_paths)
    return sorted({path for path in wanted if Path(path).exists()})


def changes(paths: list[str], *, ignored: Path) -> Iterator[bool]:
    """Yield at least twice a second whether something below the paths has changed.

    What changes while the caller is busy is not lost: the next value tells it.

    Args:
        paths: Folders to watch.
        ignored: A folder whose changes do not count: the index, which every sync writes.

    Raises:
        MissingExtraError: The package that watches folders is not installed.
    """
    try:
        from watchfiles import watch
    except ImportError:
        raise MissingExtraError(feature="hybrid sync --watch", extra="server") from None
    index = ignored.resolve()
    found = watch(
        *paths,
        watch_filter=lambda change, path: not Path(path).is_relative_to(index),
        debounce=_DEBOUNCE_MS,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
    )
    yield from (bool(each) for each in found)


def _sync(settings: Settings, display: Display, *, only_news: bool) -> None:
    """Sync once and show what happened, unless nothing did."""
    with display.steps() as steps, Pipeline.from_settings(settings) as pipeline:
        report = pipeline.sync(progress=lambda at: steps("documents", at.done, at.total))
    if report.outcomes or not only_news:
        display.result(sync_view(report), report)
