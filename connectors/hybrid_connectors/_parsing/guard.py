"""Runs every parser in one process beside this one, with limits on time and memory, and without anything to steal."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from pydantic import TypeAdapter, ValidationError

from hybrid.errors import MissingExtraError, ParseError, ReadError, TooLargeError
from hybrid_connectors._parsing.parsed import Parsed
from hybrid_connectors._parsing.reply import MAX_REPLY_BYTES, Refusal, Reply

MEMORY_BYTES = 2 * 1024**3
"""Address space of the parsing process; an ordinary file of the largest accepted size needs a tenth of it."""

_REPLY = TypeAdapter(Reply)


def parse(data: bytes, media_type: str, path: str, *, seconds: float) -> Parsed:
    """Return the readable text of an HTML, PDF or Office file.

    Args:
        data: The file's bytes.
        media_type: What they are said to be.
        path: Named in messages only.
        seconds: Wall time after which the parser is killed.

    Raises:
        ParseError: The bytes are not what the media type says, or they end the parser.
        TooLargeError: Time, memory or a limit of the format is exceeded.
        ReadError: The packages for this format are not installed.
    """
    with _LOCK:
        reply = _WORKER.ask(data, media_type, seconds)
    if isinstance(reply, Parsed):
        return reply
    if reply.kind == "missing":
        raise ReadError(f"{path}: {MissingExtraError(feature=reply.message, extra='parse')}")
    error = TooLargeError if reply.kind == "too_large" else ParseError
    raise error(f"{path}: {reply.message}")


@dataclass
class Worker:
    """The parsing process: started when first needed, kept for the next file, replaced after a breach."""

    memory_bytes: int = MEMORY_BYTES
    """Limit of its address space."""

    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _owner: int = field(default=0, init=False)

    def ask(self, data: bytes, media_type: str, seconds: float) -> Parsed | Refusal:
        """Return what the worker says about one file; one call at a time."""
        process = self._running()
        late = threading.Event()
        timer = threading.Timer(seconds, lambda: (late.set(), process.kill()))
        timer.start()
        try:
            return _exchange(process, data, media_type, seconds)
        except (OSError, EOFError, ValidationError):
            self.close()
            if late.is_set():
                return Refusal(
                    kind="too_large",
                    message=f"is not parsed within {seconds:g} seconds; exclude it or raise parse_seconds",
                )
            return Refusal(kind="parse", message="ends its parser (damaged, or made to do so); repair or exclude it")
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
            timer.join()
            if late.is_set():
                self.close()

    def close(self) -> None:
        """End the process; the next file starts a new one."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                _pipe(pipe).close()
        process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self.close()
            self._process, self._owner = _start(self.memory_bytes), os.getpid()
        return self._process


def _start(memory_bytes: int) -> subprocess.Popen[bytes]:
    environment = {
        "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": os.defpath,
    }
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "hybrid_connectors._parsing._worker", str(memory_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=os.sep,
        # An interrupt at the terminal is for this process; the worker ends when its input closes.
        start_new_session=True,
    )


def _exchange(process: subprocess.Popen[bytes], data: bytes, media_type: str, seconds: float) -> Parsed | Refusal:
    stdin, stdout = _pipe(process.stdin), _pipe(process.stdout)
    header = {"media_type": media_type, "size": len(data), "seconds": seconds}
    stdin.write(json.dumps(header).encode() + b"\n")
    stdin.write(data)
    stdin.flush()
    size = int.from_bytes(_exactly(stdout, 8), "big")
    if size > MAX_REPLY_BYTES:
        raise EOFError("the reply is longer than any worker of ours writes")
    return _REPLY.validate_json(_exactly(stdout, size))


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the worker ended")
    return data


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "the worker is started with pipes"
    return stream


_WORKER = Worker()
_LOCK = threading.Lock()
atexit.register(_WORKER.close)
