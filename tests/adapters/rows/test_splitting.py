"""Splits by document: nothing that is held out shares a document with what is trained on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_adapters.rows.splitting import held_out

documents = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.lists(st.sampled_from("uvwxyz0123456789"), max_size=3, unique=True),
    min_size=1,
    max_size=30,
)
seeds = st.integers(0, 9)


@given(documents, st.floats(0.0, 0.9), seeds)
def test_no_document_stands_on_both_sides(found: dict[str, list[str]], share: float, seed: int) -> None:
    held = held_out(found, share, seed)
    inside = {document for name in held for document in found[name]}
    outside = {document for name in found if name not in held for document in found[name]}
    assert inside.isdisjoint(outside)
    assert held == held_out(dict(reversed(found.items())), share, seed)


@given(documents, st.floats(0.05, 0.5), seeds)
def test_where_it_is_possible_something_is_held_out_and_something_left(
    found: dict[str, list[str]], share: float, seed: int
) -> None:
    held = held_out(found, share, seed)
    alone = [name for name in found if not found[name]]
    if len(alone) > 1:
        assert 0 < len(held & set(alone)) <= max(1, round(share * len(alone)))


@given(documents, st.floats(0.0, 0.99), seeds)
def test_never_all_is_held_out(found: dict[str, list[str]], share: float, seed: int) -> None:
    assert len(held_out(found, share, seed)) < len(found)


def test_connected_examples_stay_together_however_long_the_chain() -> None:
    chain = {f"e{number}": [f"d{number}", f"d{number + 1}"] for number in range(50)}
    assert held_out(chain, 0.5, 0) == frozenset()
    assert held_out({**chain, "other": ["z"]}, 0.5, 0) == {"other"}


@pytest.mark.parametrize("seed", range(5))
def test_the_share_is_about_what_was_asked_for(seed: int) -> None:
    found = {f"e{number}": [f"d{number // 3}"] for number in range(300)}
    assert 42 <= len(held_out(found, 0.15, seed)) <= 45


def test_seeds_differ() -> None:
    found = {f"e{number}": [f"d{number}"] for number in range(40)}
    assert len({held_out(found, 0.2, seed) for seed in range(5)}) == 5
