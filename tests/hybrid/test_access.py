"""Who may read what, where names are spelt in more than one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.access import access_set, narrower, parse_access, permits
from hybrid.errors import AccessError
from hybrid.types import Access, Principal

COMPOSED, DECOMPOSED = "jos\u00e9", "jose\u0301"


@pytest.mark.parametrize(("written", "signed_in"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_a_denial_holds_in_every_spelling_of_an_accent(written: str, signed_in: str):
    access = parse_access(["public"], [f"user:{written}", f"group:{written}"])
    assert not permits(Principal(user=signed_in), access)
    assert not permits(Principal(groups=frozenset({signed_in})), access)
    assert permits(Principal(user="jose"), access), "another name"


@pytest.mark.parametrize("written", [COMPOSED, DECOMPOSED])
def test_a_reader_is_found_in_every_spelling_of_an_accent(written: str):
    assert permits(Principal(user=COMPOSED), parse_access([f"user:{written}"]))
    assert access_set(Principal(user=written)) == access_set(Principal(user=COMPOSED))


@pytest.mark.parametrize(
    "token",
    ["Public", "PUBLIC", "public ", "user: ana", "user:", "User:ana", "group:a\u200b", "group:\u202ea", "ana", ""],
)
def test_a_token_that_only_looks_like_one_is_refused(token: str):
    with pytest.raises(AccessError):
        parse_access([token])
    with pytest.raises(AccessError):
        parse_access([], [token])
    assert not permits(Principal(user="ana", groups=frozenset({"a"})), Access(readers=(token,))), "also unparsed"


tokens = st.lists(st.sampled_from(["public", "user:ana", "group:legal", "group:staff"]), max_size=3)
accesses = st.builds(parse_access, tokens, tokens.map(lambda found: [token for token in found if token != "public"]))
principals = st.builds(
    Principal, user=st.sampled_from([None, "ana"]), groups=st.frozensets(st.sampled_from(["legal", "staff"]))
)


@given(accesses, accesses, principals)
def test_who_reads_by_the_narrower_list_reads_by_both(one: Access, other: Access, principal: Principal):
    narrow = narrower(one, other)
    assert not permits(principal, narrow) or (permits(principal, one) and permits(principal, other))


@given(accesses, principals)
def test_no_list_is_narrower_than_itself(access: Access, principal: Principal):
    assert permits(principal, narrower(access, access)) == permits(principal, access)
