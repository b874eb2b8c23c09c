"""Whatever the contract, the evidence and the weights: what comes out is a reply in the contract."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

from hybrid.contract import Claim, Contract, Phrase, Quote

_WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
_VALUES = st.one_of(_WORDS, st.integers(-999, 999))
_NAMES = st.from_regex(r"[a-z][a-z_]{0,8}[a-z]", fullmatch=True).filter(lambda name: not hasattr(BaseModel, name))


def _limited(kind: type, least: float | None, more: int | None) -> Any:
    most = None if more is None else (least or 0) + more
    return Annotated[kind, Field(ge=least, le=most)]


def _listed(item: Any, least: int, more: int) -> Any:
    return Annotated[list[item], Field(min_length=least, max_length=least + more)]


_LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.just(bool),
    st.builds(lambda chars: Annotated[str, Phrase(max_chars=chars)], st.integers(1, 40)),
    st.lists(_VALUES, min_size=1, max_size=4, unique=True).map(lambda values: Literal[tuple(values)]),
    st.builds(_limited, st.just(int), st.none() | st.integers(-10_000, 10_000), st.none() | st.integers(0, 500)),
    st.builds(_limited, st.just(float), st.none() | st.integers(-100, 100), st.none() | st.integers(1, 50)),
)
# Evidence may be absent, so a place for it is a list that may be empty, or an option.
_POINTERS: st.SearchStrategy[Any] = st.one_of(
    st.builds(_listed, st.sampled_from([Quote, Claim, Quote | Claim]), st.just(0), st.integers(1, 3)),
    st.sampled_from([Quote | None, Claim | None, Quote | Claim | None]),
)


def _models(fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    kinds = st.dictionaries(_NAMES, fields, min_size=1, max_size=3)
    return kinds.map(lambda found: create_model("Part", **{name: (kind, ...) for name, kind in found.items()}))


_INNER = st.recursive(
    _LEAVES | _POINTERS,
    lambda inner: st.one_of(
        _models(inner),
        _models(inner).map(lambda kind: kind | None),
        st.builds(_listed, _models(inner) | _LEAVES, st.just(0), st.integers(1, 3)),
    ),
    max_leaves=4,
)
_FIELDS = st.one_of(
    _LEAVES,
    _POINTERS,
    _models(_LEAVES),
    _models(_INNER).map(lambda kind: kind | None),
    st.builds(_listed, _models(_INNER) | _LEAVES, st.just(0), st.integers(1, 3)),
)


@st.composite
def contracts(draw: st.DrawFn) -> Contract[Any]:
    others = draw(st.dictionaries(_NAMES, _FIELDS, max_size=3))
    named = {**others, draw(_NAMES.filter(lambda name: name not in others)): draw(_POINTERS)}
    order = draw(st.permutations(list(named)))
    statuses = draw(st.sampled_from([("answered", "refused"), ("answered", "refused", "clarify")]))
    fields: dict[str, Any] = {"status": (Literal[statuses], ...), **{name: (named[name], ...) for name in order}}
    return Contract(create_model("Fuzzed", **fields))


CASES = st.lists(
    st.tuples(contracts(), st.integers(0, 14), st.sampled_from([0.0, 0.7, 2.0]), st.integers(0, 2**32)),
    min_size=8,
    max_size=8,
)


def _check(model, written, ask, cases):
    """Ask all of them at once, so that they are written together."""

    def reply(case):
        contract, count, temperature, seed = case
        return written(model, ask(evidence=count, contract=contract, temperature=temperature, seed=seed))

    with ThreadPoolExecutor(len(cases)) as pool:
        for (contract, count, _, _), replied in zip(cases, pool.map(reply, cases), strict=True):
            parsed = contract.parse(replied.text)
            assert _ids(parsed) <= {f"E{place}" for place in range(1, count + 1)}
            assert bool(_ids(parsed)) == (parsed.status == "answered")


def _ids(value: Any) -> set[str]:
    match value:
        case Quote():
            return {value.id}
        case Claim():
            return set(value.evidence)
        case BaseModel():
            return set().union(*(_ids(getattr(value, name)) for name in type(value).model_fields))
        case list() | tuple():
            return set().union(*map(_ids, value))
        case _:
            return set()


_QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)


# A failure is shown as it was found: each step of shrinking would write eight replies.
_PHASES = (Phase.explicit, Phase.generate)


@settings(max_examples=30, deadline=None, phases=_PHASES, suppress_health_check=_QUIET)
@given(cases=CASES)
def test_fuzzed_contracts_are_always_kept(model, written, ask, cases):
    _check(model, written, ask, cases)


@pytest.mark.nightly
@settings(max_examples=130, deadline=None, phases=_PHASES, suppress_health_check=_QUIET)
@given(cases=CASES)
def test_a_thousand_fuzzed_contracts_are_kept(model, written, ask, cases):
    _check(model, written, ask, cases)
