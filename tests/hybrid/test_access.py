"""Who may read what, where names are spelt in more than one way."""

import pytest

from hybrid.access import access_set, parse_access, permits
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
