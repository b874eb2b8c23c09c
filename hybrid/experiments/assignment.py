"""Who gets which variant: drawn by a hash, so that nobody has to be remembered and nobody changes sides."""

from __future__ import annotations

import hashlib
import json

from hybrid.experiments.settings import ExperimentSettings
from hybrid.types import Principal


def variant_of(experiment: ExperimentSettings, principal: Principal) -> str | None:
    """Return the label of a principal's variant, or None for visitors, who take no part.

    Visitors have no name: their address may be that of a whole office, and is another one tomorrow. They get what the
    configuration says, and are in no figure.

    Example:
        >>> experiment = ExperimentSettings(name="warmth", variants={"none": 0.5, "support-voice@1": 0.5})
        >>> variant_of(experiment, Principal(user="ana")) == variant_of(experiment, Principal(user="ana"))
        True
    """
    if principal.user is None:
        return None
    place = _place(experiment.name, principal.tenant, principal.user)
    labels = list(experiment.variants)
    reached = 0.0
    for label in labels[:-1]:
        reached += experiment.variants[label]
        if place < reached:
            return label
    return labels[-1]


def _place(*names: str) -> float:
    """Return a number in [0, 1), evenly spread over names; those of one experiment say nothing of another's."""
    digest = hashlib.sha256(json.dumps(names).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56
