"""Whether questions can be answered."""

from __future__ import annotations

from hybrid.pipeline import Pipeline
from hybrid.server.gate import Gate


class Readiness:
    """Says whether anything is indexed and requests are admitted.

    Anybody may ask, so that it costs next to nothing: once something was indexed, the index is not asked again.
    """

    def __init__(self, pipeline: Pipeline, gate: Gate) -> None:
        self._knowledge = pipeline.knowledge
        self._gate = gate
        self._indexed = False

    def __call__(self) -> bool:
        """Whether a question can be answered now."""
        self._indexed = self._indexed or bool(self._knowledge.document_ids())
        return self._indexed and not self._gate.closed
