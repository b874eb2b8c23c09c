"""Keys, proxies, visitors, the development mode: who gets in, as whom, and that nobody else does."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.routing import iter_route_contexts

from hybrid.errors import ConfigError
from hybrid.server import guards
from hybrid.server.page import route as page
from hybrid.server.scim import token
from hybrid.server.signin.keys import load_keys, new_key, save_keys

OPEN = {"/healthz", "/readyz", "/auth/login", "/auth/callback"} | {each.path for each in page.router.routes}
PROXY_SECRET = "a secret of the proxy"
HEADERS = {"X-Proxy-Secret": PROXY_SECRET, "X-Forwarded-User": "ana", "X-Forwarded-Groups": "support, staff"}


def calls(dependant):
    return {dependant.call}.union(*(calls(each) for each in dependant.dependencies))


def test_every_route_passes_the_one_sign_in(make):
    app = make().client.app
    guarded = {route.path: guards.signed_in in calls(route.dependant) for route in routes(app)}
    assert {path for path, is_guarded in guarded.items() if not is_guarded} == OPEN & set(guarded)
    assert guarded["/mcp"]
    assert len(guarded) >= 11


def test_every_route_of_the_directory_passes_the_sign_in_of_the_identity_provider(make):
    app = make(scim={"token_sha256": "0" * 64}).client.app
    guarded = {r.path: token.provisioning in calls(r.dependant) for r in routes(app) if r.path.startswith("/scim")}
    assert set(guarded.values()) == {True}
    assert len(guarded) == 9


def routes(app):
    return list(iter_route_contexts(app.routes))


@pytest.fixture
def keys(tmp_path):
    """A file with a key of ana's and one of nobody in a group."""
    ana, first = new_key("ci", user="ana", groups=("support",))
    bob, second = new_key("bob", user="bob")
    save_keys(tmp_path / "keys.json", (first, second))
    return {"ana": ana, "bob": bob}


@pytest.fixture
def with_keys(make, keys):
    return make(dev=False, api_keys="keys.json")


def test_without_a_credential_nothing_but_health_is_answered(with_keys):
    for route in routes(with_keys.client.app):
        for method in route.methods:
            answer = with_keys.client.request(method, route.path.replace("{document:path}", "docs:a.md"), json={})
            if route.path in OPEN:
                assert answer.status_code == 200
            else:
                assert answer.status_code in (401, 422), route.path
                assert "Refunds" not in answer.text


def test_a_key_reads_for_its_user(with_keys, keys):
    assert with_keys.get("/api/me", who=keys["ana"]).json()["groups"] == ["support"]
    assert with_keys.get("/api/me", who=keys["bob"]).json()["user"] == "bob"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer hyb_wrong", "Bearer ana", "hyb_x", "Bearer " + "x" * 5_000],
)
def test_a_wrong_key_is_refused(with_keys, header):
    answer = with_keys.client.get("/api/me", headers={"Authorization": header})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_two_credentials_are_none(with_keys, keys):
    headers = [("Authorization", f"Bearer {keys['ana']}"), ("Authorization", f"Bearer {keys['bob']}")]
    assert with_keys.client.get("/api/me", headers=headers).status_code == 401


def test_the_file_holds_no_key_and_is_for_its_owner_alone(keys, tmp_path):
    file = tmp_path / "keys.json"
    assert not any(key in file.read_text() for key in keys.values())
    assert file.stat().st_mode & 0o077 == 0


def test_a_key_ends_when_it_is_removed_or_expires(with_keys, keys, clock, tmp_path):
    records = load_keys(tmp_path / "keys.json")
    save_keys(tmp_path / "keys.json", records[:1])
    assert with_keys.get("/api/me", who=keys["bob"]).status_code == 401
    ends = datetime.fromtimestamp(clock.now, UTC) + timedelta(hours=1)
    save_keys(tmp_path / "keys.json", (records[0].model_copy(update={"expires": ends}),))
    assert with_keys.get("/api/me", who=keys["ana"]).status_code == 200
    clock.now += 3_600
    assert with_keys.get("/api/me", who=keys["ana"]).status_code == 401


def test_a_broken_file_closes_the_door(with_keys, keys, tmp_path):
    (tmp_path / "keys.json").write_text("[{]")
    assert with_keys.get("/api/me", who=keys["ana"]).status_code == 503
    (tmp_path / "keys.json").unlink()
    assert with_keys.get("/api/me", who=keys["ana"]).status_code == 503


@pytest.fixture
def behind_proxy(make, monkeypatch):
    monkeypatch.setenv("HYBRID_PROXY_SECRET", PROXY_SECRET)
    settings = {"proxy": {"addresses": ["10.0.0.0/8"]}, "group_map": {"staff": "legal", "support": "support"}}
    return lambda address: make(dev=False, address=address, **settings)


def test_the_proxy_says_who_somebody_is(behind_proxy):
    me = behind_proxy("10.1.2.3").client.get("/api/me", headers=HEADERS).json()
    assert (me["user"], me["groups"], me["method"]) == ("ana", ["legal", "support"], "proxy")


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.168.0.1", HEADERS),
        ("10.1.2.3", HEADERS | {"X-Proxy-Secret": "another secret of it"}),
        ("10.1.2.3", {"X-Forwarded-User": "ana"}),
        ("10.1.2.3", HEADERS | {"X-Forwarded-User": " "}),
        ("10.1.2.3", HEADERS | {"X-Forwarded-User": ""}),
        ("10.1.2.3", {"X-Proxy-Secret": PROXY_SECRET}),
        ("192.168.0.1", HEADERS | {"X-Forwarded-For": "10.1.2.3"}),
    ],
)
def test_nobody_else_does(behind_proxy, address, headers):
    assert behind_proxy(address).client.get("/api/me", headers=headers).status_code == 401


def test_a_second_user_header_is_refused(behind_proxy):
    headers = [*HEADERS.items(), ("X-Forwarded-User", "greta")]
    assert behind_proxy("10.1.2.3").client.get("/api/me", headers=headers).status_code == 401


def test_visitors_read_what_is_public_if_they_may(make, keys):
    server = make(dev=False, visitors=True, api_keys="keys.json")
    assert server.ask("When are refunds paid?").json()["status"] == "answered"
    assert server.ask("How many euros of goodwill may a shift lead approve?").json()["status"] == "refused"
    assert server.get("/api/me", who="hyb_wrong").status_code == 401
    assert server.get("/api/me", who="eyJ.eyJ.x").status_code == 401


def test_development_mode_answers_to_this_machine_only(make):
    server = make()
    assert server.get("/api/me", who="ana").json()["user"] == "ana"
    assert server.get("/api/me", who="nobody").status_code == 401
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", ""):
        assert server.client.get("/api/me", headers={"Host": host}).status_code == 401
    for host in ("localhost", "127.0.0.1:8000", "[::1]:8000"):
        assert server.client.get("/api/me", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "nobody could sign in"),
        ({"api_keys": "missing.json"}, "cannot be read"),
        ({"proxy": {"addresses": ["10.0.0.1"]}}, "HYBRID_PROXY_SECRET"),
        ({"oidc": {"issuer": "https://login.example"}}, "audience"),
        ({"oidc": {"issuer": "https://login.example", "client_id": "bot"}}, "public_url"),
    ],
)
def test_a_server_that_would_let_in_nobody_or_anybody_does_not_start(make, monkeypatch, settings, message):
    monkeypatch.delenv("HYBRID_PROXY_SECRET", raising=False)
    with pytest.raises(ConfigError, match=message):
        make(dev=False, **settings)


def test_development_mode_needs_people(make):
    with pytest.raises(ConfigError, match="nobody is named"):
        make(people={})


def test_names_that_no_access_list_can_hold_are_nobody(make, tmp_path):
    key, record = new_key("odd", user="ana\u202e")
    save_keys(tmp_path / "keys.json", (record,))
    server = make(dev=False, api_keys="keys.json")
    assert server.get("/api/me", who=key).status_code == 401
