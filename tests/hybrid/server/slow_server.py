"""A server whose model waits for a file to appear before it answers: ``python slow_server.py FOLDER``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from hybrid.answering.assembly import default_composer
from hybrid.answering.request import ReplyEnd, ReplyPieces, ReplyRequest
from hybrid.pipeline import Pipeline
from hybrid.server.app import create_app
from hybrid.server.running import bound, serve
from hybrid.server.settings import LoadSettings, ServerSettings
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document


class SlowModel:
    """Sends its reply in two pieces, the second when it is let."""

    name = "slow-1"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        """Write `started`, wait for `go`, write `ended` at whatever end."""
        whole = request.contract.compose("answered", [request.evidence[0].id])
        (self._folder / "started").touch()
        try:
            yield whole[:10]
            while not (self._folder / "go").exists():
                time.sleep(0.01)
                yield ""
            yield whole[10:]
        finally:
            (self._folder / "ended").touch()
        yield ReplyEnd(model=self.name)


def main(folder: Path) -> None:
    knowledge = WordOverlapKnowledge([public_document("refunds.md", "Refunds are paid within 5 working days.")])
    composer = default_composer(knowledge, model=SlowModel(folder), refuse_below=0.0)
    settings = ServerSettings(
        data=folder / "data", people={"ana": ()}, load=LoadSettings(workers=1, waiting=0, body_seconds=0.5)
    )
    app = create_app(Pipeline(knowledge=knowledge, composer=composer), settings=settings, dev=True)
    listening = bound("127.0.0.1", 0, dev=True)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    serve(app, listening, started=lambda: print(f"serving on {address}", file=sys.stderr, flush=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
