"""What commands on rows read besides the rows: settings, the contract, what people ask, what a model knows."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hybrid import _plugins
from hybrid._cli._opening import config_file
from hybrid.config import Settings, load_settings
from hybrid.errors import RowsError

_DAY = 86_400


def settings_or_defaults(named: Path | None) -> Settings:
    """Return the settings of the configuration to read; where nobody named one and there is none here, the defaults.

    Raises:
        ConfigError: It was named and is absent, or does not make sense.
    """
    path = config_file(named)
    wanted = named is not None or "HYBRID_CONFIG" in os.environ
    return load_settings(path) if wanted or path.exists() else Settings()


def contract_of_rows(settings: Settings, named: str | None) -> Any:
    """Return the contract of the replies.

    Raises:
        ConfigError: It cannot be loaded.
    """
    from hybrid.answering.assembly import contract_named

    return contract_named(named or settings.answer.contract)


def live_of(settings: Settings, file: Path | None, days: float | None) -> list[Any]:
    """Return what people ask, from a file, or from the server's records.

    Raises:
        RowsError: The file cannot be read or asks nothing.
        StorageError: There are no records.
    """
    live = _plugins.load("hybrid_adapters.datasets.checking:Live")
    found = [live(name=f"{file.name}:{number}", text=text) for number, text in asked_in(file)] if file else []
    if days is not None:
        from hybrid.drift.questions import live_questions

        since = time.time() - days * _DAY
        found += [live(name=asked.name, text=asked.text) for asked in live_questions(settings.server.data, since=since)]
    return found


def asked_in(file: Path) -> list[tuple[int, str]]:
    """Return the questions of a file with their lines: one a line, or JSON objects with a field ``question``.

    Raises:
        RowsError: The file cannot be read, or a line asks nothing.
    """
    from hybrid.evaluation.jsonl import read_lines

    found: list[tuple[int, str]] = []
    for place, line in read_lines(file, failure=RowsError):
        found.append((int(place.rpartition(":")[2]), _question(place, line)))
    return found


def _question(place: str, line: str) -> str:
    if not line.lstrip().startswith("{"):
        return line.strip()
    try:
        return str(json.loads(line)["question"])
    except (ValueError, KeyError):
        raise RowsError(f"{place}: no question; write one a line, or JSON objects with a field question") from None


def known_right(
    settings: Settings,
    files: Sequence[Path],
    *,
    model: str | None,
    contract: str | None,
    progress: Callable[[str, int, int | None], None],
) -> list[str] | None:
    """Return the names of the examples that a model answers rightly already; None where nobody named a model.

    Raises:
        RowsError: The files hold something else than examples.
        ModelError: The model cannot be loaded or asked.
    """
    if model is None:
        return None
    return _plugins.load("hybrid_adapters.datasets.known:already_right")(
        settings, files, model=model, contract=contract, progress=partial(progress, "asking")
    )


def known_era(settings: Settings, era: str) -> None:
    """Return if there is such a policy era, or nobody listed those that there are.

    Raises:
        RowsError: There is none; the message names those that there are.
    """
    if settings.data.eras and era not in settings.data.eras:
        raise RowsError(f"era {era!r} does not exist; [data] eras are {', '.join(settings.data.eras)}")
