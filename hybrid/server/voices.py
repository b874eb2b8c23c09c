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
    """The base model and its adapters, by name."""

    def __init__(self, pipeline: Pipeline) -> None:
        composer = pipeline.composer
        adapters = composer.model.adapters if isinstance(composer.model, Voiced) else ()
        style = composer.style
        self._styles = {
            CONFIGURED: style,
            composer.model.name: replace(style, adapter=None),
            **{name: replace(style, adapter=name) for name in adapters},
        }

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the configured one first."""
        return tuple(self._styles)

    def style(self, name: str) -> Style:
        """Return how the named model speaks.

        Raises:
            NotFound: There is none of this name.
        """
        if name not in self._styles:
            raise NotFound("there is no such model; /v1/models lists them", param="model")
        return self._styles[name]
