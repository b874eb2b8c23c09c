"""Plain text that a base learns English from."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

WEIGHTS: Mapping[str, float] = {
    "gsa_gov": 3.0,
    "gsa_gov2": 3.0,
    "vagov": 3.0,
    "handbooks": 3.0,
    "arduino_help": 3.0,
    "aws_connect": 2.0,
    "ms_business_central": 2.0,
    "uk_teaching": 3.0,
    "irs_directfile": 3.0,
    "github_policy": 2.0,
    "abcd_guidelines": 3.0,
    "sgd_dialogues": 2.0,
    "powershell_docs": 0.5,
    "owasp": 1.0,
    "factbook": 1.0,
    "novels": 0.3,
    "ms_ax2012": 0.3,
    "python_peps": 0.3,
    "fcc_guide": 0.3,
    "win32_docs": 0.1,
    "vba_docs": 0.1,
    "cpp_docs": 0.1,
}
"""How often a source's text is read, for each character of it: prose of help pages most, reference pages least."""

_PIECE = 4000
# The last pieces of every source in its shuffled order are read by no training.
_HELD_OUT = 2


def pieces(folder: Path, *, characters: int, seed: int) -> list[str]:
    """Return pieces of text in random order, drawn from the sources by weight.

    Args:
        folder: Holds ``SOURCE.jsonl.gz`` with a ``text`` in each line.
        characters: About how many characters in all.
        seed: Of the order.
    """
    generator = random.Random(seed)
    held = {name: list(_pieces(folder / f"{name}.jsonl.gz")) for name in WEIGHTS}
    share = {name: WEIGHTS[name] * sum(map(len, texts)) for name, texts in held.items()}
    scale = characters / sum(share.values())
    chosen: list[str] = []
    for name, texts in held.items():
        wanted = round(scale * share[name] / _PIECE) + 1
        generator.shuffle(texts)
        read = texts[:-_HELD_OUT]
        chosen.extend(read[place % len(read)] for place in range(wanted))
    generator.shuffle(chosen)
    return chosen


def held_out(folder: Path, *, seed: int) -> list[str]:
    """Return the pieces that ``pieces`` with the same seed never returns."""
    generator = random.Random(seed)
    kept: list[str] = []
    for name in WEIGHTS:
        texts = list(_pieces(folder / f"{name}.jsonl.gz"))
        generator.shuffle(texts)
        kept.extend(texts[-_HELD_OUT:])
    return kept


def _pieces(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)["text"]
            for start in range(0, len(text), _PIECE):
                yield text[start : start + _PIECE]
