"""The effect proof: that an adapter does now what it did when it was bound.

Hashes prove that the right files lie in the right place; they do not prove that anything reads them. Servers were seen
to skip an adapter silently (vLLM issue 34186), and a hot swap to fill another adapter with zeros (PEFT issue 3780). So
a fixed prompt and the reply that the adapter gave to it are read again, with the adapter and without, and compared with
the logits of then.

Logits are not equal on two machines: bitsandbytes repacks weights on some CPUs, CUDA quantises a few weights to the
neighbouring value, and bfloat16 rounds in another order. An untrained model, which amplifies every rounding, moved by 8
to 12 % with repacking on and off (figures: decision 9). What is compared ignores small changes and no large ones:

- the *base* must stay within a quarter of its logits' length: the same weights in another precision were 58 to 70 %
  away, and unrelated ones are farther;
- the *difference* that the adapter makes must point where it pointed (cosine) and be about as long. Both passes share
  the machine and its rounded weights, so most of the noise cancels in it: cosines were 0.93 to 0.99 for effects of a
  third of the logits' length, and 0.6 for a tenth in the untrained model. An adapter that is not applied makes no
  difference at all, and that of another one points elsewhere;
- the adapter must *lead* with half of its recorded reply's tokens: nearly tied ones change places, and another adapter
  led with none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hybrid.errors import ModelFilesError
from hybrid_adapters.registry.manifest import Manifest, Proof

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Logits = NDArray[np.float32]
    """``(tokens of the reply, vocabulary)``."""

_CANDIDATES = 16
_SMALLEST_EFFECT = 0.001
_FARTHEST_BASE = 0.25
_LEAST_COSINE = 0.5
_LENGTHS = (0.5, 2.0)
_LEAST_LEADING = 0.5


def make_proof(label: str, reply: tuple[int, ...], base: Logits, adapted: Logits) -> Proof:
    """Return what proves an adapter's effect later.

    Args:
        label: The adapter, for messages.
        reply: What the adapted model wrote.
        base: Logits before each of its tokens without the adapter.
        adapted: With it.

    Raises:
        ModelFilesError: The adapter makes no difference.
    """
    # The adapter's likeliest tokens and the base's: where a voice shows, and what it replaces.
    likeliest: list[NDArray[np.int64]] = [
        np.argsort(-each, axis=1, kind="stable")[:, :_CANDIDATES] for each in (adapted, base)
    ]
    together: NDArray[np.int64] = np.concatenate(likeliest, axis=1)
    candidates: list[NDArray[np.int64]] = [np.unique(row) for row in together]
    proof = Proof(
        reply=reply,
        candidates=tuple(tuple(row.tolist()) for row in candidates),
        base=_kept(base, candidates),
        adapted=_kept(adapted, candidates),
    )
    before, after = _flat(proof.base), _flat(proof.adapted)
    if (effect := _length(after - before) / _length(before)) < _SMALLEST_EFFECT:
        raise ModelFilesError(
            f"adapter {label} makes no difference (its logits move by {effect:.2%}), so nothing could prove that it is "
            "at work; train it longer, or with a higher learning rate"
        )
    return proof


def check_effect(manifest: Manifest, base: Logits, adapted: Logits) -> None:
    """Refuse an adapter that does not do what it did when it was bound.

    Args:
        manifest: Of the adapter.
        base: Logits before each token of the recorded reply, without the adapter, now.
        adapted: With it, now.

    Raises:
        ModelFilesError: The message says what differs, and by how much.
    """
    proof = manifest.proof
    if proof is None:
        raise ModelFilesError(f"adapter {manifest.label} has no proof of its effect; bind it again")
    candidates = [np.array(row, dtype=np.int64) for row in proof.candidates]
    before, after = _flat(_kept(base, candidates)), _flat(_kept(adapted, candidates))
    then, change = _flat(proof.base), _flat(proof.adapted) - _flat(proof.base)
    if (distance := _length(before - then) / _length(then)) > _FARTHEST_BASE:
        raise _unproved(manifest, f"the base's logits are {distance:.0%} away from those it was bound with")
    length = _length(after - before) / _length(change)
    if length < _SMALLEST_EFFECT:
        raise _unproved(manifest, "the base replies the same without it, so it is not applied")
    cosine = float((after - before) @ change) / (_length(after - before) * _length(change))
    if cosine < _LEAST_COSINE or not _LENGTHS[0] <= length <= _LENGTHS[1]:
        raise _unproved(
            manifest, f"it changes the base in another way (cosine {cosine:.2f}, {length:.1f} times as much)"
        )
    leading = float((adapted.argmax(axis=1) == np.array(proof.reply)).mean())
    if leading < _LEAST_LEADING:
        raise _unproved(manifest, f"only {leading:.0%} of its recorded reply still leads")


def _kept(logits: Logits, candidates: list[NDArray[np.int64]]) -> tuple[tuple[float, ...], ...]:
    # Four digits are far below what machines differ by.
    return tuple(
        tuple(round(float(value), 4) for value in row[ids]) for row, ids in zip(logits, candidates, strict=True)
    )


def _flat(rows: tuple[tuple[float, ...], ...]) -> NDArray[np.float64]:
    return np.concatenate([np.array(row, dtype=np.float64) for row in rows])


def _length(vector: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(vector))


def _unproved(manifest: Manifest, what: str) -> ModelFilesError:
    return ModelFilesError(
        f"adapter {manifest.label} fails its effect proof: {what}; load the base it was bound to, or bind it again"
    )
