"""A conversation in a terminal, or over a pipe."""

from __future__ import annotations

import re
import sys

from hybrid._cli._display import Display
from hybrid._cli._error_line import error_line
from hybrid._cli._passages import sources_view
from hybrid._cli._streaming import show_stream
from hybrid._cli._typed import somebody_types, typed_lines
from hybrid.answering.event_fields import event_fields
from hybrid.answering.events import EvidenceEvent
from hybrid.conversation import Conversation
from hybrid.errors import HybridError
from hybrid.types import Answer

_COMMAND = re.compile(r"/\w+")
_COMMANDS = "/sources what was found for the last answer  /clear forget the questions so far  /exit leave"


class Chat:
    """Takes lines, shows answers, and does what lines with a slash say.

    Args:
        conversation: Remembers the questions.
        display: Where to write.
    """

    def __init__(self, conversation: Conversation, display: Display) -> None:
        self._conversation = conversation
        self._display = display
        self._last: Answer | None = None

    def run(self) -> None:
        """Take lines until somebody leaves or the input ends.

        Raises:
            HybridError: A question of a pipe cannot be asked; where somebody types it is shown instead.
        """
        if somebody_types():
            self._display.note(_COMMANDS)
        for line in typed_lines():
            if line.strip() == "/exit":
                return
            if line.strip():
                self._take(line.strip())

    def _take(self, line: str) -> None:
        if not somebody_types():
            self._do(line)
            return
        try:
            self._do(line)
        except KeyboardInterrupt:
            print("\nstopped", file=sys.stderr)
        except HybridError as error:
            print(error_line(str(error)), file=sys.stderr)

    def _do(self, line: str) -> None:
        match line:
            case "/sources":
                self._show_sources()
            case "/clear":
                self._conversation.clear()
                self._last = None
                self._display.note("the questions so far are forgotten")
            case _ if _COMMAND.fullmatch(line):
                self._display.note(f"{line} is no command; there are: {_COMMANDS}")
            case _:
                self._last = show_stream(self._conversation.stream(line), self._display)
                self._space()

    def _show_sources(self) -> None:
        if self._last is None:
            self._display.note("nothing was answered yet")
        elif self._display.json:
            self._display.line(event_fields(EvidenceEvent(passages=self._last.passages)))
        else:
            self._display.result(sources_view(self._last), self._last)
            self._space()

    def _space(self) -> None:
        if not self._display.json:
            self._display.text("\n")
