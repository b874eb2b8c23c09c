"""Rows from SciFact: claims and the abstracts that settle them."""

from __future__ import annotations

import json
from pathlib import Path

from hybrid_adapters.ranker._rows import Neighbours, Row, shortened

_EVERY = 3
_OTHERS = 4


def claim_rows(folder: Path) -> list[Row]:
    """Return the rows of two claims out of three; every third, from the first on, is for measuring."""
    abstracts = {row["id"]: f"{row['title']} {row['text']}" for row in map(json.loads, _lines(folder / "corpus.jsonl"))}
    ids = list(abstracts)
    places = {name: place for place, name in enumerate(ids)}
    relevant: dict[str, list[int]] = {}
    for line in _lines(folder / "qrels_train.tsv")[1:]:
        claim, abstract, _ = line.split("\t")
        relevant.setdefault(claim, []).append(places[abstract])
    near = Neighbours([abstracts[name] for name in ids])
    rows: list[Row] = []
    for number, claim in enumerate(map(json.loads, _lines(folder / "queries_train.jsonl"))):
        if number % _EVERY and (gold := relevant.get(claim["id"])):
            others = near.nearest(claim["text"], limit=_OTHERS, without=gold)
            rows.append(
                Row(
                    question=claim["text"],
                    answers=(shortened(abstracts[ids[gold[0]]]),),
                    others=tuple(shortened(abstracts[ids[place]]) for place in others),
                    source="scifact",
                )
            )
    return rows


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()
