"""The names that a request may give as ``model``."""

from __future__ import annotations

from dataclasses import replace

from hybrid.answering.request import Style
from hybrid.pipeline import Pipeline
from hybrid.protocols import Voiced
from hybrid.server.faults import NotFound

CONFIGURED = "hybrid"
"""The model and adapter that the configuration names."""


class Voices:
    """The base model and its adapters, by name; which adapters there are is looked up each time."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._model = pipeline.composer.model
        self._style = pipeline.composer.style

    @property
    def names(self) -> tuple[str, ...]:
        """All names: as configured, the base without an adapter, the adapters."""
        return (CONFIGURED, self._model.name, *self._adapters)

    def style(self, name: str) -> Style:
        """Return how the named model speaks.

        Raises:
            NotFound: There is none of this name.
        """
        if name == CONFIGURED:
            return self._style
        if name == self._model.name:
            return replace(self._style, adapter=None)
        if name in self._adapters:
            return replace(self._style, adapter=name)
        raise NotFound("there is no such model; /v1/models lists them", param="model")

    @property
    def _adapters(self) -> tuple[str, ...]:
        return tuple(self._model.adapters) if isinstance(self._model, Voiced) else ()
