"""The parsing process: reads files from its input, answers on its output, and holds nothing worth stealing."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import IO

from hybrid.errors import ParseError, TooLargeError
from hybrid_connectors._media import DOCX, HTML, PDF, PPTX, XLSX
from hybrid_connectors._parsing.parsed import Parsed
from hybrid_connectors._parsing.reply import MAX_TEXT, Refusal, Reply

_PARSERS = {HTML: "html", PDF: "pdf", DOCX: "docx", PPTX: "pptx", XLSX: "xlsx"}
_GRACE_SECONDS = 5.0


def main() -> None:
    """Answer one file after the other until the input ends."""
    _limit(int(sys.argv[1]))
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # A library that prints must not write into the protocol.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    while header := requests.readline():
        request = json.loads(header)
        # Should the process that asked be gone, nobody kills this one: it then ends itself.
        signal.setitimer(signal.ITIMER_REAL, request["seconds"] + _GRACE_SECONDS)
        _send(replies, answer(requests.read(request["size"]), request["media_type"]))
        signal.setitimer(signal.ITIMER_REAL, 0)


def answer(data: bytes, media_type: str) -> Reply:
    """Return the parsed file, or why there is none; no text of the file is part of a refusal."""
    name = _PARSERS[media_type]
    try:
        parse: Callable[[bytes], Parsed] = importlib.import_module(f"hybrid_connectors._parsing.{name}").parse
        parsed = parse(data)
    except ImportError:
        return Refusal(kind="missing", message=f"reading {name.upper()} files")
    except TooLargeError as error:
        return Refusal(kind="too_large", message=str(error))
    except MemoryError:
        return Refusal(kind="too_large", message="needs more memory than a parser may use; split or exclude it")
    except ParseError as error:
        return Refusal(kind="parse", message=str(error))
    except Exception as error:  # a parser meets hostile bytes, whatever it raises is about them
        return Refusal(kind="parse", message=f"is not a readable {name.upper()} file ({type(error).__name__})")
    if len(parsed.text) > MAX_TEXT:
        return Refusal(kind="too_large", message=f"holds {len(parsed.text):,} characters, the limit is {MAX_TEXT:,}")
    return parsed


def _limit(memory_bytes: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _send(stream: IO[bytes], reply: Reply) -> None:
    encoded = json.dumps(asdict(reply)).encode()
    stream.write(len(encoded).to_bytes(8, "big") + encoded)
    stream.flush()


if __name__ == "__main__":
    main()
