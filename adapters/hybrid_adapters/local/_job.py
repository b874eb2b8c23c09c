"""One request on its way through the model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue

from hybrid.answering.request import Limits
from hybrid.errors import DeadlineError, ModelError
from hybrid_adapters.local._decoding import Decoding
from hybrid_adapters.local._drafts import Drafts
from hybrid_adapters.local._prompts import Prompt
from hybrid_adapters.local._voices import Voice


class Job:
    """What the worker needs to write a reply, and the way back to who asked.

    Args:
        prompt: What the model reads.
        decoding: The reply.
        drafts: Guesses at it.
        voice: Whose; None is the base.
    """

    def __init__(self, *, prompt: Prompt, decoding: Decoding, drafts: Drafts, voice: Voice | None) -> None:
        self.prompt = prompt
        self.decoding = decoding
        self.drafts = drafts
        self.voice = voice
        self.cancelled = False
        self._pieces: SimpleQueue[str | ModelError | None] = SimpleQueue()

    @property
    def adapter(self) -> str | None:
        """Name and version of the voice; None is the base."""
        return self.voice.adapter.name if self.voice else None

    def guess(self) -> list[int]:
        """Return what may come next, for the model to read ahead."""
        return self.decoding.admitted(self.drafts.guess(self.decoding.tokens))

    def tell(self) -> None:
        """Send what was written; called by the worker."""
        if text := self.decoding.fresh_text():
            self._pieces.put(text)
        if self.decoding.finished:
            self._pieces.put(None)

    def fail(self, error: ModelError) -> None:
        """End with an error; called by the worker."""
        self._pieces.put(error)

    def pieces(self, limits: Limits, started: float) -> Iterator[str]:
        """Yield the reply's pieces.

        Args:
            limits: How long each may take.
            started: When the request came, by ``time.monotonic``.

        Raises:
            DeadlineError: One takes longer.
            ModelError: The worker failed.
        """
        waiting, allowed, since = "its first piece", limits.first_token, started
        while (piece := self._next(waiting, allowed, since, limits.total, started)) is not None:
            yield piece
            waiting, allowed, since = "its next piece", limits.idle, time.monotonic()

    def _next(
        self, waiting: str, allowed: float | None, since: float, total: float | None, started: float
    ) -> str | None:
        ends = [(since + allowed, waiting, allowed)] if allowed is not None else []
        if total is not None:
            ends.append((started + total, "its reply", total))
        end, what, seconds = min(ends, default=(None, "", 0.0))
        try:
            piece = self._pieces.get(timeout=None if end is None else max(0.0, end - time.monotonic()))
        except Empty:
            raise DeadlineError(
                f"the local model took longer than {seconds:g} s for {what}; ask again, or raise [answer.limits]"
            ) from None
        if isinstance(piece, ModelError):
            raise piece
        return piece
