"""Choosing a token: what is admitted, what retrieval knows of the ids, and how a reply ends when its tokens run out."""

from __future__ import annotations

import math
from collections import Counter
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import BaseModel, Field

from hybrid.contract import Contract, Phrase, Quote
from hybrid_adapters.local import LocalModel
from hybrid_adapters.local._choice import Chooser
from hybrid_adapters.local._prior import EvidencePrior


class Pointed(BaseModel):
    status: Literal["answered", "refused"]
    evidence: Annotated[list[Quote], Field(max_length=1)]


class Wordy(BaseModel):
    status: Literal["answered", "refused"]
    evidence: Annotated[list[Quote], Field(max_length=5)]
    words: list[Annotated[str, Phrase(max_chars=400)]]


LOGITS = np.log(np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32))


def test_the_likeliest_admitted_token_is_taken_without_a_mask() -> None:
    assert Chooser(0.0, None).try_first(LOGITS, lambda token: token != 0) == 1
    assert Chooser(0.0, None).try_first(LOGITS, lambda token: False) is None


def test_draws_with_and_without_a_mask_have_the_odds_of_the_admitted() -> None:
    chooser, admitted = Chooser(1.0, 7), np.array([1, 3])

    def draw() -> int:
        token = chooser.try_first(LOGITS, lambda token: token in admitted)
        return token if token is not None else int(admitted[chooser.choose(LOGITS[admitted].astype(np.float64))])

    counts = Counter(draw() for _ in range(8_000))
    assert set(counts) == {1, 3}
    # 0.3 against 0.05: six to one; four standard deviations of 8,000 draws.
    assert abs(counts[1] / 8_000 - 6 / 7) < 4 * math.sqrt(6 / 49 / 8_000)


def test_a_logit_that_is_no_number_is_not_taken_for_the_best() -> None:
    assert Chooser(0.0, None).try_first(np.array([np.nan, 1.0], dtype=np.float32), lambda token: True) is None


def test_the_prior_of_an_id_does_not_depend_on_its_tokens(make_units) -> None:
    units = make_units(12)
    prior = EvidencePrior(units, 0.5)
    total = sum(math.exp(0.5 * unit.score) for unit in units)
    for pieces in ([b'"', b"E", b"1", b"2", b'"'], [b'"E', b"12", b'"'], [b'"E12"'], [b'"E1', b'2"']):
        written, found = b"[", 0.0
        for piece in pieces:
            bias = prior.bias([piece], written)
            assert bias is not None
            found += float(bias[0])
            written += piece
        assert found == pytest.approx(0.5 * units[11].score - math.log(total))


def test_the_prior_tells_ids_apart_that_begin_alike(make_units) -> None:
    bias = EvidencePrior(make_units(12), 1.0).bias([b'"', b"2"], b'["E1')
    assert bias is not None
    assert bias[0] > bias[1]


def test_the_prior_says_nothing_where_no_id_is_written(make_units) -> None:
    prior = EvidencePrior(make_units(3), 1.0)
    assert prior.bias([b",", b"]"], b'["E1"') is None
    assert not prior.concerns(b'"opening":"Hello')
    assert not EvidencePrior(make_units(3), 0.0).concerns(b"[")


def test_a_strong_prior_cites_what_retrieval_put_first(folder, ask, written, make_units) -> None:
    strong = LocalModel(str(folder), quantization="fp32", prior=50.0)
    contract = Contract(Pointed)
    try:
        for best in (1, 7, 12):
            scored = [
                unit.__class__(**{**vars(unit), "score": float(unit.id == f"E{best}")}) for unit in make_units(12)
            ]
            for seed in range(4):
                request = ask(evidence=scored, contract=contract, temperature=1.0, seed=seed)
                reply = contract.parse(written(strong, request).text)
                assert [quote.id for quote in reply.evidence] == ([f"E{best}"] if reply.status == "answered" else [])
    finally:
        strong.close()


@pytest.mark.parametrize("tokens", [1, 10, 50])
def test_a_reply_whose_tokens_run_out_is_brought_to_a_valid_end(folder, ask, written, tokens: int) -> None:
    short = LocalModel(str(folder), quantization="fp32", reply_tokens=tokens)
    contract: Contract[Any] = Contract(Wordy)
    try:
        replies = [written(short, ask(contract=contract, temperature=1.0, seed=seed)) for seed in range(6)]
    finally:
        short.close()
    for replied in replies:
        assert contract.parse(replied.text)
        assert replied.end.tokens is not None
        assert replied.end.tokens.reply < tokens + 60
