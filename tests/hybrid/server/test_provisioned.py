"""What the directory says counts at the next request: groups, people who have left, tokens with too many groups."""

import time

import pytest
from provider import AUDIENCE
from test_scim import SCIM, Scim

from hybrid.server.signin.keys import new_key, save_keys

GOODWILL = "How many euros of goodwill may a shift lead approve?"
OVERAGE = {"_claim_names": {"groups": "src1"}, "groups": None}


@pytest.fixture
def server(make, provider, clock, monkeypatch):
    """A server that takes the provider's tokens and whose directory it writes."""
    clock.now = time.time()
    monkeypatch.setenv("HYBRID_OIDC_SECRET", "a client secret")
    oidc = {"issuer": provider.url, "audience": AUDIENCE, "client_id": "support-bot", "groups_for": 3_600}
    return make(
        dev=False, oidc=oidc, public_url="http://localhost", visitors=True, group_map={"g-support": "support"}, **SCIM
    )


@pytest.fixture
def scim(server):
    return Scim(server.client)


def may_read(server, token):
    answer = server.ask(GOODWILL, who=token)
    return answer.status_code == 200 and answer.json()["status"] == "answered"


def test_groups_of_the_directory_count_and_not_those_of_the_token(server, provider, scim):
    ana = scim.user("ANA")
    token = provider.token(groups=["g-support"])
    assert server.get("/api/me", who=token).json()["groups"] == []
    assert not may_read(server, token)
    group = scim.group("g-support", ana)
    assert server.get("/api/me", who=token).json()["groups"] == ["support"]
    assert may_read(server, token)
    scim.patch(f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{ana}"]'})
    assert not may_read(server, token)


def test_a_group_in_a_group_counts(server, provider, scim):
    inner = scim.group("shift leads", scim.user("ana"))
    outer = scim.group("g-support", inner)
    scim.patch(f"/Groups/{inner}", {"op": "add", "path": "members", "value": [{"value": outer}]})
    assert may_read(server, provider.token())
    scim("DELETE", f"/Groups/{outer}")
    assert not may_read(server, provider.token())


def test_a_token_with_too_many_groups_is_looked_up(server, provider, scim):
    scim.group("g-support", scim.user("ana"))
    assert may_read(server, provider.token(**OVERAGE))


def test_who_is_deactivated_or_deleted_or_unknown_does_not_come_in(server, provider, scim):
    token = provider.token()
    assert server.get("/api/me", who=token).status_code == 401
    ana = scim.user("ana")
    assert server.get("/api/me", who=token).status_code == 200
    scim.patch(f"/Users/{ana}", {"op": "Replace", "path": "active", "value": "False"})
    assert server.get("/api/me", who=token).status_code == 401
    scim.patch(f"/Users/{ana}", {"op": "Replace", "path": "active", "value": "True"})
    assert server.get("/api/me", who=token).status_code == 200
    scim("DELETE", f"/Users/{ana}")
    assert server.get("/api/me", who=token).status_code == 401
    scim.user("ana")
    assert server.get("/api/me", who=token).status_code == 200


def test_a_session_loses_a_group_at_the_next_request(server, scim, browser, clock):
    ana = scim.user("ana")
    group = scim.group("g-support", ana)
    there = server.client.get("/auth/login")
    back = browser.get(there.headers["location"]).headers["location"]
    server.client.get(back.removeprefix("http://localhost"))
    assert server.get("/api/me").json()["groups"] == ["support"]
    scim("DELETE", f"/Groups/{group}")
    # The clock stands still: nothing has to run out.
    assert server.get("/api/me").json()["groups"] == []
    scim.patch(f"/Users/{ana}", {"op": "replace", "value": {"active": False}})
    assert server.get("/api/me").status_code == 401


def test_keys_keep_their_groups_until_their_user_leaves(make, tmp_path):
    ci, first = new_key("ci", user="robot", groups=("support",))
    ana, second = new_key("ana", user="ana", groups=("support",))
    save_keys(tmp_path / "keys.json", (first, second))
    server = make(dev=False, api_keys="keys.json", **SCIM)
    scim = Scim(server.client)
    id_ = scim.user("ana")
    assert [server.get("/api/me", who=key).json()["groups"] for key in (ci, ana)] == [["support"], ["support"]]
    scim("DELETE", f"/Users/{id_}")
    assert [server.get("/api/me", who=key).status_code for key in (ci, ana)] == [200, 401]


def test_a_key_of_a_name_that_its_user_gave_up_opens_nothing(make, tmp_path):
    key, record = new_key("ana", user="ana", groups=("support",))
    save_keys(tmp_path / "keys.json", (record,))
    server = make(dev=False, api_keys="keys.json", **SCIM)
    scim = Scim(server.client)
    id_ = scim.user("ana")

    def status() -> int:
        return server.get("/api/me", who=key).status_code

    scim.patch(f"/Users/{id_}", {"op": "replace", "path": "userName", "value": "anabel"})
    assert status() == 401
    # Neither does deactivating her by her new name open it again; the old name does, where she takes it back.
    scim.patch(f"/Users/{id_}", {"op": "replace", "path": "active", "value": False})
    assert status() == 401
    scim.patch(f"/Users/{id_}", {"op": "replace", "value": {"active": True, "userName": "ana"}})
    assert status() == 200


def test_two_users_that_cannot_be_told_apart_are_nobody(make, provider, clock):
    clock.now = time.time()
    by_id = {"scim": SCIM["scim"] | {"user_attribute": "externalId", "group_attribute": "externalId"}}
    server = make(dev=False, oidc={"issuer": provider.url, "audience": AUDIENCE}, **by_id)
    scim = Scim(server.client)
    ana = scim.user("first@example.com", externalId="ana")
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "legal"}
    scim("POST", "/Groups", body | {"externalId": "support", "members": [{"value": ana}]})
    assert server.get("/api/me", who=provider.token()).json()["groups"] == ["support"]
    scim.user("second@example.com", externalId="ana")
    assert server.get("/api/me", who=provider.token()).status_code == 401


def test_visitors_stay_visitors(server):
    assert server.get("/api/me").json()["method"] == "visitor"
