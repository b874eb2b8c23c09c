"""The ``[answer.experiment]`` table: what is compared, on whom, and what decides; written down before it begins."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Metric = Literal["answered", "refused", "clarify", "up", "down", "person"]
"""Share of answers with this status, this thumb, or after which somebody asked for a human."""

BASE = "none"
"""Label of the variant that speaks without an adapter."""

_LABEL = re.compile(r"[a-z0-9][a-z0-9._-]*@[1-9][0-9]*")
_SUM = 1e-6


class ExperimentSettings(BaseModel):
    """An experiment. What it says must not change while it runs; a new name begins a new one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
    """Its name, which also decides who is drawn into which variant."""

    variants: dict[str, Annotated[float, Field(gt=0, lt=1)]]
    """Share of the people by adapter version, ``none`` for none of them; the others are compared with the first."""

    metric: Metric = "down"
    """What decides; everything else is shown and decides nothing."""

    margin: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Variants that differ by less are called equal."""

    window: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Days after a person's first answer in which their answers count."""

    @model_validator(mode="after")
    def _variants_make_sense(self) -> ExperimentSettings:
        if len(self.variants) < 2:
            raise ValueError("an experiment compares at least two variants")
        for label in self.variants:
            if label != BASE and not _LABEL.fullmatch(label):
                raise ValueError(f"variant {label!r} must be a version such as support-voice@2, or {BASE}")
        if abs(sum(self.variants.values()) - 1) > _SUM:
            raise ValueError(f"the shares add up to {sum(self.variants.values()):g}, they must add up to 1")
        return self

    @property
    def control(self) -> str:
        """Label of the variant that the others are compared with."""
        return next(iter(self.variants))
