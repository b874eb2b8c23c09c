"""Log lines as JSON, one object a line, without anything of questions or documents."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object: time, level, event, and the fields that were given."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line.

        Of records of other packages only the message's template is written: its arguments may hold anything.
        """
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr() -> None:
    """Write this process's log as JSON lines to stderr, and nothing else there."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("hybrid.server", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.INFO)
