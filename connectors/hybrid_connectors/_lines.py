"""A file of lines, plain or gzip, that can be read again line by line without reading it all."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line and where it is."""

    number: int
    """1-based."""

    offset: int
    """Offset of its first byte in the uncompressed file."""

    data: bytes
    """Its bytes, line end included."""


class LineFile:
    """Lines of one file; the stream stays open, because a gzip file only reads forward without starting anew."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stream: gzip.GzipFile | BinaryIO | None = None
        self._lock = threading.Lock()

    def lines(self, limit: int) -> Iterator[Line]:
        """Yield every line of the file as it is now, one longer than ``limit`` bytes cut there."""
        self.close()
        offset = number = 0
        with _opened(self._file) as stream:
            while data := stream.readline(limit + 1):
                number += 1
                yield Line(number=number, offset=offset, data=data)
                offset += len(data)

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes at an offset; lines read in the file's order cost one pass."""
        with self._lock:
            if self._stream is None:
                self._stream = _opened(self._file)
            self._stream.seek(offset)
            return self._stream.read(length)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._stream is not None:
                self._stream.close()
                self._stream = None


def _opened(file: Path) -> gzip.GzipFile | BinaryIO:
    return gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb")
