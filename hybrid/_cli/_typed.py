"""Lines that somebody types, or that a pipe holds."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress

_PROMPT = "> "


def typed_lines() -> Iterator[str]:
    """Yield lines until the input ends; where a person types them, after a prompt, and Ctrl-C drops a line.

    Bytes that are no UTF-8 come as lone surrogates, so that they are refused as a question and not as a fault.
    """
    _keep_bad_bytes(sys.stdin)
    lines: Iterable[str] = sys.stdin or ()
    return _prompted() if somebody_types() else iter(lines)


def somebody_types() -> bool:
    """Whether the input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def _keep_bad_bytes(stream: object) -> None:
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="surrogateescape")


def _prompted() -> Iterator[str]:
    with suppress(ImportError):
        import readline  # noqa: F401  # pyright: ignore[reportUnusedImport]  # input() edits lines with it
    while True:
        try:
            line = _asked()
        except EOFError:
            print(file=sys.stderr)
            return
        except KeyboardInterrupt:
            print("\n/exit or Ctrl-D leaves", file=sys.stderr)
            continue
        yield line


def _asked() -> str:
    if sys.stdout.isatty():
        return input(_PROMPT)
    # Results go elsewhere; the prompt must not get among them.
    print(_PROMPT, end="", file=sys.stderr, flush=True)
    return input()
