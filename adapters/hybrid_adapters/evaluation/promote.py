"""Putting a version into service, if its last evaluation says that it beats the simpler way."""

from __future__ import annotations

from hybrid.errors import CheckFailed, ModelFilesError
from hybrid.evaluation.gate import Limits
from hybrid_adapters.evaluation.evaluate import judged
from hybrid_adapters.evaluation.report import Evaluation, load_evaluations, now, save_evaluation
from hybrid_adapters.ranker.serving import resolve
from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.registry.version import Version


def promote(registry: Registry, name: str, limits: Limits) -> Evaluation:
    """Put a version into service if the gate lets it through, and return the report that says so.

    The last evaluation of the version decides; a report with the verdict goes into the registry in either case.

    Raises:
        ModelFilesError: It was not evaluated, or something else is in service than it was compared with.
        CheckFailed: The gate does not let it through; nothing was changed.
    """
    version = resolve(registry, name)
    last = last_evaluation(registry, version)
    _check_service(registry, last)
    found = judged(last, limits)
    gate = found.gate.model_copy(update={"promoted": found.gate.passed})
    found = found.model_copy(update={"gate": gate, "created": now()})
    # The bundled ranker serves where no other is named.
    if gate.passed and version.folder.parent == registry.folder / version.manifest.name:
        registry.put_in_service(version.manifest.name, version.manifest.version)
    save_evaluation(registry.folder, found)
    if not gate.passed:
        raise CheckFailed(f"{version.label} is not promoted: {'; '.join(gate.reasons)}")
    return found


def last_evaluation(registry: Registry, version: Version) -> Evaluation:
    """Return the last report of a version.

    Raises:
        ModelFilesError: There is none, or it is of other weights.
    """
    label = version.label
    own = [each for each in load_evaluations(registry.folder, version.manifest.name) if each.adapter == label]
    if not own:
        raise ModelFilesError(f"{label} was not evaluated yet; run: hybrid adapter evaluate {label} ROWS")
    if own[-1].weights_sha256 != version.manifest.weights_sha256:
        raise ModelFilesError(
            f"the last evaluation of {label} is of other weights; run: hybrid adapter evaluate {label} ROWS"
        )
    return own[-1]


def _check_service(registry: Registry, last: Evaluation) -> None:
    label = last.adapter
    name = label.partition("@")[0]
    current = registry.current(name)
    service = None if current is None else f"{name}@{current}"
    if service not in (last.in_service, label):
        raise ModelFilesError(
            f"{label} was compared with {last.in_service or 'nothing in service'}, and now {service} is in service; "
            f"run: hybrid adapter evaluate {label} ROWS"
        )
