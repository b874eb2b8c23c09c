"""The names that a request may give as ``model``, and who is answered by which variant of an experiment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from hybrid.answering.request import Style
from hybrid.errors import ConfigError
from hybrid.experiments.assignment import variant_of
from hybrid.experiments.settings import BASE, ExperimentSettings
from hybrid.pipeline import Pipeline
from hybrid.protocols import Voiced
from hybrid.server.faults import NotFound
from hybrid.server.records import Drawn
from hybrid.types import Principal

CONFIGURED = "hybrid"
"""The model and adapter that the configuration names, or the variant that somebody is drawn into."""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """How somebody is answered."""

    style: Style
    """How the model speaks."""

    drawn: Drawn | None = None
    """The variant of an experiment; None for who takes no part."""


class Voices:
    """The base model and its adapters, by name; which adapters there are is looked up each time.

    Args:
        pipeline: Its model and style.
        experiment: What is compared among those who ask for ``hybrid``; who names a model has chosen for himself, and
            takes no part.

    Raises:
        ConfigError: The experiment names an adapter that is not there, or the model takes none.
    """

    def __init__(self, pipeline: Pipeline, *, experiment: ExperimentSettings | None = None) -> None:
        self._model = pipeline.composer.model
        self._style = pipeline.composer.style
        self._experiment = experiment
        if experiment is not None:
            self._check(experiment, pipeline.settings.answer.adapters if pipeline.settings else None)

    @property
    def names(self) -> tuple[str, ...]:
        """All names: as configured, the base without an adapter, the adapters."""
        return (CONFIGURED, self._model.name, *self._adapters)

    def voice(self, name: str, principal: Principal) -> Voice:
        """Return how the named model answers a principal.

        Raises:
            NotFound: There is none of this name.
        """
        if name == CONFIGURED:
            return self._drawn(principal)
        if name == self._model.name:
            return Voice(style=replace(self._style, adapter=None))
        if name in self._adapters:
            return Voice(style=replace(self._style, adapter=name))
        raise NotFound("there is no such model; /v1/models lists them", param="model")

    def _drawn(self, principal: Principal) -> Voice:
        experiment = self._experiment
        label = variant_of(experiment, principal) if experiment else None
        if experiment is None or label is None:
            return Voice(style=self._style)
        style = replace(self._style, adapter=None if label == BASE else label)
        return Voice(style=style, drawn=Drawn(experiment=experiment.name, variant=label))

    @property
    def _adapters(self) -> tuple[str, ...]:
        return tuple(self._model.adapters) if isinstance(self._model, Voiced) else ()

    def _check(self, experiment: ExperimentSettings, registry: Path | None) -> None:
        if not isinstance(self._model, Voiced):
            raise ConfigError(
                f"experiment {experiment.name!r} compares adapters, and {self._model.name} takes none; "
                'write model = "local:..." under [answer]'
            )
        for label in experiment.variants:
            name, _, number = label.partition("@")
            if registry is not None and label != BASE and not (registry / name / number).is_dir():
                raise ConfigError(
                    f"experiment {experiment.name!r} names {label!r}, which is not in {str(registry)!r}; "
                    "hybrid adapter list shows what is"
                )
