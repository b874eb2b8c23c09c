"""The server's end of the channel: calls of commands on this machine, answered from the index that it holds."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

from hybrid.channel.calls import (
    LONGEST,
    PROGRESS,
    AccessCall,
    Call,
    DocumentCall,
    DocumentIdsCall,
    EmbedCall,
    HealthCall,
    SearchCall,
    SnapshotCall,
    SyncCall,
    TraceCall,
    read_call,
    written,
    written_failure,
)
from hybrid.channel.place import address_of, is_own, socket_of, sources_of
from hybrid.config import Settings
from hybrid.errors import ConfigError, HybridError, IndexStateError, StoppedError
from hybrid.health import Inspectable
from hybrid.pipeline import Pipeline
from hybrid.protocols import Portable
from hybrid.sync import ProgressCallback, SyncProgress, SyncReport

_LOG = logging.getLogger("hybrid.server")
_THREADS = 8
_LINE_SECONDS = 10.0


class Sync(Protocol):
    """Syncs when nobody else does."""

    def __call__(self, *, progress: ProgressCallback, accept_empty: Collection[str]) -> SyncReport:
        """Return what a sync did."""
        ...


class Channel:
    """Answers calls at the socket of an index, for the user that the process runs for, and for root.

    Args:
        pipeline: Holds the index.
        settings: What the pipeline was made of.
        sync: Brings it up to date.
    """

    def __init__(self, pipeline: Pipeline, settings: Settings, *, sync: Sync) -> None:
        self._pipeline = pipeline
        self._sync = sync
        self._path = socket_of(settings.index.path)
        self._sources = sources_of(settings)
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="hybrid-channel")
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to answer; where the system has no such sockets, or not here, commands find the index held."""
        try:
            listening = self._bound()
        except (OSError, AttributeError) as error:
            _LOG.warning("no channel for commands", extra={"fields": {"error": type(error).__name__}})
            return
        self._server = await asyncio.start_unix_server(self._handle, sock=listening, limit=LONGEST)

    def close(self) -> None:
        """Take no call any more."""
        if self._server is not None:
            self._server.close()
            self._server = None
            with suppress(OSError):
                self._path.unlink()

    def stop(self, seconds: float) -> bool:
        """Wait for the calls that still run; False where they do not come to their end in time."""
        ending = threading.Thread(target=self._threads.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        ending.start()
        ending.join(seconds)
        return not ending.is_alive()

    def _bound(self) -> socket.socket:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Whoever holds the index may take away what a killed one left.
        self._path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            with address_of(self._path) as address:
                listening.bind(address)
        except OSError:
            listening.close()
            raise
        finally:
            os.umask(mask)
        listening.setblocking(False)
        return listening

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if is_own(writer.get_extra_info("socket")):
                async with asyncio.timeout(_LINE_SECONDS):
                    line = await reader.readline()
                if line:
                    await self._answer(line, reader, writer)
        except (OSError, ValueError, TimeoutError):
            pass  # whoever called has gone, or is none of our commands
        finally:
            writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop, gone = asyncio.get_running_loop(), threading.Event()

        def send(answer: bytes) -> None:
            if gone.is_set():
                raise StoppedError("nobody waits for it any more")
            loop.call_soon_threadsafe(writer.write, answer)

        work = loop.run_in_executor(self._threads, self._work, line, send)
        leaving = asyncio.ensure_future(reader.read())
        try:
            await asyncio.wait([work, leaving], return_when=asyncio.FIRST_COMPLETED)
            gone.set()
            await work
            await writer.drain()
        finally:
            leaving.cancel()

    def _work(self, line: bytes, send: Callable[[bytes], None]) -> None:
        with suppress(StoppedError):  # from ``send``
            try:
                call = read_call(line)
                send(written("result", type(call).result, self._result(call, send)))
            except HybridError as error:
                send(written_failure(error))
            except Exception as error:
                _LOG.error("call failed", extra={"fields": {"error": type(error).__name__}})
                failed = f"the server that holds the index failed ({type(error).__name__}); its log says when"
                send(written_failure(IndexStateError(failed)))

    def _result(self, call: Call, send: Callable[[bytes], None]) -> Any:
        knowledge = self._pipeline.knowledge
        match call:
            case SearchCall():
                return knowledge.search(
                    call.question,
                    principal=call.principal,
                    limit=call.limit,
                    narrowing=call.narrowing,
                    moment=call.moment,
                )
            case TraceCall():
                return knowledge.trace(call.question, principal=call.principal, depth=call.depth)
            case DocumentCall():
                return knowledge.document(call.document_id, principal=call.principal)
            case DocumentIdsCall():
                return list(knowledge.document_ids())
            case AccessCall():
                return knowledge.access(call.document_id)
            case EmbedCall():
                return knowledge.embed(call.texts).tolist()
            case SyncCall():
                return self._synced(call, send)
            case HealthCall() if isinstance(knowledge, Inspectable):
                return knowledge.health()
            case SnapshotCall() if isinstance(knowledge, Portable):
                return knowledge.snapshot(call.folder)
            case _:
                raise IndexStateError("the server's index cannot do that; stop the server and try again")

    def _synced(self, call: SyncCall, send: Callable[[bytes], None]) -> SyncReport:
        if call.sources != self._sources:
            raise ConfigError("the sources or the embedding have changed since the server was started; restart it")
        if call.dry_run:
            return self._pipeline.plan(accept_empty=call.accept_empty)

        def progress(at: SyncProgress) -> None:
            send(written("progress", PROGRESS, at))

        return self._sync(progress=progress, accept_empty=call.accept_empty)
