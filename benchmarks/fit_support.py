"""``python -m benchmarks.fit_support``: fit the weights in ``hybrid/evidence/support.py``, print what they are worth.

Each question is asked three ways: as somebody who may read its page; as somebody who may not (the hard negatives: the
rest of the collection stays readable); and, for some, in a collection of another world. Pages are given to ten groups
at random, so that one index serves them all and word statistics are those of the documents left.
The sample's golden questions take no part. Weights are fitted twice: without the evidence ranker and with it.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks._fit_collections import COLLECTIONS, Collection, Question
from hybrid import Pipeline, Principal
from hybrid.evidence import number_evidence
from hybrid.evidence.scoring import score_units
from hybrid.evidence.support import Signs, signs_of
from hybrid_adapters.ranker import EvidenceRanker, load_ranker

_GROUPS = 10
_PASSAGES = 8
_FOREIGN = 8
_PENALTY = 1e-3
_MAX_FALSE_REFUSALS = 0.05

Kind = Literal["answerable", "hidden", "foreign"]
Values = Callable[[Signs], tuple[float, ...]]
# Both kinds of unanswerable questions weigh the same, and together as much as the answerable ones.
_SHARES: Mapping[Kind, float] = {"answerable": 1.0, "hidden": 0.5, "foreign": 0.5}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One question asked one way."""

    collection: str
    kind: Kind
    signs: Signs


def main() -> None:
    """Collect, fit, and print weights and figures."""
    loaded = {name: load() for name, load in COLLECTIONS.items()}
    rows = [row for name in loaded for row in _ask(name, loaded)]
    for title, values in (("without ranker", _without_ranker), ("with ranker", _with_ranker)):
        weights = _fit(rows, values)
        print(f"{title}: bias, best, known:", weights.round(3).tolist())
        threshold = float(np.quantile(_supports(rows, weights, values, "answerable"), _MAX_FALSE_REFUSALS))
        print(f"threshold at {_MAX_FALSE_REFUSALS:.0%} false refusals over all: {threshold:.3f}")
        for name in loaded:
            others = _fit([row for row in rows if row.collection != name], values)
            print(_figures([row for row in rows if row.collection == name], others, values, threshold))


def _ask(name: str, loaded: Mapping[str, Collection]) -> Iterator[Row]:
    collection = loaded[name]
    others = [other for key, other in loaded.items() if key != name]
    foreign = [question for other in others for question in other.questions[:_FOREIGN]]
    with tempfile.TemporaryDirectory() as scratch:
        groups = _write(collection, Path(scratch) / "docs")
        with Pipeline.from_folder(Path(scratch) / "docs", readers=(), index=Path(scratch) / "index") as pipeline:
            pipeline.sync()
            everyone = frozenset(groups.values())
            for question in collection.questions:
                without = everyone.difference(groups[path] for path in question.answered_by)
                yield from _row(name, "answerable", pipeline, question, everyone)
                yield from _row(name, "hidden", pipeline, question, without)
            for question in foreign:
                yield from _row(name, "foreign", pipeline, question, everyone)
    print(f"{name}: asked", file=sys.stderr)


def _write(collection: Collection, folder: Path) -> dict[str, str]:
    """Write the pages, each readable for one group, and return the group of each."""
    generator = random.Random(0)
    groups = {path: f"g{generator.randrange(_GROUPS)}" for path in collection.pages}
    for path, text in collection.pages.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f'---\naccess: ["group:{groups[path]}"]\n---\n{text}', "utf-8")
    return groups


def _row(name: str, kind: Kind, pipeline: Pipeline, question: Question, groups: frozenset[str]) -> Iterator[Row]:
    found = pipeline.search(question.text, principal=Principal(groups=groups), limit=_PASSAGES)
    scored = score_units(question.text, number_evidence(found.passages), pipeline.knowledge.embed, _ranker())
    if scored:
        yield Row(collection=name, kind=kind, signs=signs_of(scored, found.passages))


@cache
def _ranker() -> EvidenceRanker:
    return load_ranker()


def _fit(rows: Sequence[Row], values_of: Values) -> NDArray[np.float64]:
    """Return the weights of a logistic function by Newton's method, each collection weighing the same."""
    values, answerable, weight = _values(rows, values_of), _answerable(rows), _weight(rows)
    found = np.zeros(values.shape[1])
    for _ in range(30):
        expected = 1 / (1 + np.exp(-values @ found))
        gradient = values.T @ (weight * (answerable - expected)) - _PENALTY * found
        curvature = (values.T * (weight * expected * (1 - expected))) @ values + _PENALTY * np.eye(len(found))
        found += np.linalg.solve(curvature, gradient)
    return found


def _without_ranker(signs: Signs) -> tuple[float, ...]:
    return 1.0, signs.cosine, signs.known


def _with_ranker(signs: Signs) -> tuple[float, ...]:
    assert signs.answering is not None
    return 1.0, signs.answering, signs.known


def _values(rows: Sequence[Row], values_of: Values) -> NDArray[np.float64]:
    return np.array([values_of(row.signs) for row in rows])


def _answerable(rows: Sequence[Row]) -> NDArray[np.float64]:
    return np.array([float(row.kind == "answerable") for row in rows])


def _weight(rows: Sequence[Row]) -> NDArray[np.float64]:
    counts = Counter((row.collection, row.kind) for row in rows)
    return np.array([_SHARES[row.kind] / counts[row.collection, row.kind] for row in rows]) * len(rows)


def _supports(rows: Sequence[Row], weights: NDArray[np.float64], values_of: Values, kind: Kind) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-_values([row for row in rows if row.kind == kind], values_of) @ weights))


def _figures(own: Sequence[Row], weights: NDArray[np.float64], values_of: Values, threshold: float) -> str:
    """Return the figures of one collection under weights that were fitted on the others."""
    good = _supports(own, weights, values_of, "answerable")
    line = f"{own[0].collection:12} n={len(good):4}  false refusals {np.mean(good < threshold):.3f}"
    for kind in ("hidden", "foreign"):
        bad = _supports(own, weights, values_of, kind)
        ranked = float(np.mean(good[:, None] > bad))
        line += f"  {kind}: AUC {ranked:.3f} refused {np.mean(bad < threshold):.3f}"
    return line


if __name__ == "__main__":
    main()
