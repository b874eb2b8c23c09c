"""Whether something has changed where a source's documents come from."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from hybrid.errors import MissingExtraError
from hybrid.protocols import Connector, Watchable

RESCAN_SECONDS = 300.0
"""File-system events get lost (full queues, network drives) and some sources have none: look at everything so often."""

_TICKS: dict[str, Any] = {"debounce": 1_600, "rust_timeout": 500, "yield_on_timeout": True}


def watched_paths(connectors: Iterable[Connector]) -> list[str]:
    """Return the folders that the sources want to be watched and that exist."""
    wanted = (path for each in connectors if isinstance(each, Watchable) for path in each.watch_paths)
    return sorted({path for path in wanted if Path(path).exists()})


def require_watching(feature: str) -> None:
    """Return if folders can be watched.

    Raises:
        MissingExtraError: The package that watches them is not installed.
    """
    try:
        import watchfiles  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError:
        raise MissingExtraError(feature=feature, extra="server") from None


def changes(paths: Sequence[str], *, ignored: Sequence[Path]) -> Iterator[bool]:
    """Yield at least twice a second whether something below the paths has changed.

    What changes while the caller is busy is not lost: the next value tells it.

    Args:
        paths: Folders to watch.
        ignored: Folders whose changes do not count, such as the index, which every sync writes.
    """
    from watchfiles import watch

    for found in watch(*paths, watch_filter=_outside(ignored), **_TICKS):
        yield bool(found)


async def changes_beside(paths: Sequence[str], *, ignored: Sequence[Path]) -> AsyncGenerator[bool]:
    """Yield what ``changes`` yields without blocking the event loop."""
    import watchfiles

    async for found in cast(Any, watchfiles).awatch(*paths, watch_filter=_outside(ignored), **_TICKS):
        yield bool(found)


def _outside(ignored: Sequence[Path]) -> Callable[[object, str], bool]:
    left_out = [each.resolve() for each in ignored]

    def counts(change: object, path: str) -> bool:
        return not any(Path(path).is_relative_to(each) for each in left_out)

    return counts
