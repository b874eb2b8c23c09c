"""OpenID Connect, against a provider in another process."""

import base64
import hmac
import json
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from provider import AUDIENCE

GROUP_MAP = {"g-support": "support", "g-legal": "legal"}
GOODWILL = "How many euros of goodwill may a shift lead approve?"


@pytest.fixture
def server(make, provider, clock, monkeypatch):
    """A server that takes the provider's tokens and sends people there."""
    clock.now = time.time()
    monkeypatch.setenv("HYBRID_OIDC_SECRET", "a client secret")
    oidc = {"issuer": provider.url, "audience": AUDIENCE, "client_id": "support-bot", "groups_for": 300}
    return make(dev=False, oidc=oidc, group_map=GROUP_MAP, public_url="http://localhost")


def test_a_token_reads_for_its_user_with_mapped_groups(server, provider):
    me = server.get("/api/me", who=provider.token(groups=["g-support", "unknown"])).json()
    assert (me["user"], me["groups"], me["method"]) == ("ana", ["support"], "bearer")
    assert "200 euros" in server.ask(GOODWILL, who=provider.token()).json()["choices"][0]["message"]["content"]
    assert server.ask(GOODWILL, who=provider.token(groups=[])).json()["status"] == "refused"


@dataclass(frozen=True)
class Later:
    """A time that is reckoned when the test runs, which may be long after it was collected."""

    seconds: int


def later(seconds):
    return int(time.time()) + seconds


def reckoned(claims):
    now = int(time.time())
    return {name: now + value.seconds if isinstance(value, Later) else value for name, value in claims.items()}


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": "support-bot"},
        {"aud": None},
        {"exp": Later(-120)},
        {"exp": None},
        {"exp": "never"},
        {"nbf": Later(120)},
        {"iat": Later(120)},
        {"iat": Later(-500)},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"groups": "g-support"},
        {"groups": [["g-support"]]},
        {"groups": {"g-support": True}},
    ],
    ids=str,
)
def test_a_token_that_is_not_good_is_refused(server, provider, claims):
    answer = server.get("/api/me", who=provider.token(**reckoned(claims)))
    assert answer.status_code == 401
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("claims", [{"exp": Later(-30)}, {"nbf": Later(30)}, {"iat": Later(30)}], ids=str)
def test_clocks_may_differ_a_little(server, provider, claims):
    assert server.get("/api/me", who=provider.token(**reckoned(claims))).status_code == 200


@pytest.mark.parametrize(
    "claims", [{"groups": None, "_claim_names": {"groups": "src1"}}, {"groups": None, "hasgroups": True}], ids=str
)
def test_groups_left_out_because_they_are_many_are_not_taken_for_none(server, provider, claims):
    answer = server.get("/api/me", who=provider.token(**claims))
    assert answer.status_code == 403
    assert "too many" in answer.json()["error"]["message"]


def urlsafe(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def encoded(part):
    return urlsafe(json.dumps(part).encode())


def test_signatures_that_anybody_can_make_are_refused(server, provider):
    head, body, signature = provider.token().split(".")
    claims = {"iss": provider.url, "sub": "ana", "aud": AUDIENCE, "iat": later(0), "exp": later(60)}
    (published,) = provider.client.get(f"{provider.url}/keys").json()["keys"][-1:]
    public = RSAKey.import_key(published)
    unsigned = b".".join(encoded(part) for part in ({"alg": "HS256", "kid": public.kid}, claims))
    confused = hmac.digest(public.as_pem(private=False), unsigned, "sha256")
    forged = [
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        "eyJhbGciOiJub25lIn0." + body + ".",
        (unsigned + b"." + urlsafe(confused)).decode(),
        jwt.encode({"alg": "RS256", "kid": public.kid}, claims, RSAKey.generate_key(2048)),
        jwt.encode({"alg": "RS512", "kid": public.kid}, claims, RSAKey.generate_key(2048), ["RS512"]),
        "x.y.z",
        "x" * 9_000,
    ]
    assert [server.get("/api/me", who=token).status_code for token in forged] == [401] * len(forged)


def test_new_keys_are_noticed_and_old_ones_forgotten(server, provider, clock):
    old = provider.token()
    assert server.get("/api/me", who=old).status_code == 200
    provider.rotate()
    clock.now += 11
    assert server.get("/api/me", who=provider.token()).status_code == 200
    assert server.get("/api/me", who=old).status_code == 401


def test_a_withdrawn_key_is_gone_within_the_configured_time(server, provider, clock):
    old = provider.token(exp=later(10_000), iat=later(50))
    provider.rotate()
    assert server.get("/api/me", who=provider.token()).status_code == 200
    provider.rotate(withdraw=True)
    stale = provider.token(exp=later(10_000), iat=later(600))
    provider.rotate()
    clock.now += 601
    assert server.get("/api/me", who=stale).status_code == 401
    assert server.get("/api/me", who=old).status_code == 401


def test_invented_key_names_do_not_make_the_server_ask_again_and_again(server, provider):
    assert server.get("/api/me", who=provider.token()).status_code == 200
    before = provider.fetches
    other = RSAKey.generate_key(2048)
    for n in range(20):
        token = jwt.encode({"alg": "RS256", "kid": f"made-up-{n}"}, {"sub": "ana"}, other)
        assert server.get("/api/me", who=token).status_code == 401
    assert provider.fetches - before <= 1


def test_a_provider_that_is_away_is_borne_for_an_hour_and_no_longer(server, provider, clock):
    assert server.get("/api/me", who=provider.token()).status_code == 200
    provider.set(down=True)
    clock.now += 1_800
    fresh = provider.token(iat=int(clock.now), exp=int(clock.now) + 60)
    assert server.get("/api/me", who=fresh).status_code == 200
    clock.now += 1_900
    fresh = provider.token(iat=int(clock.now), exp=int(clock.now) + 60)
    assert server.get("/api/me", who=fresh).status_code == 503
    provider.set(down=False)
    clock.now += 11
    assert server.get("/api/me", who=fresh).status_code == 200


def test_a_revoked_group_is_gone_within_the_configured_time(server, provider, clock):
    """A token made before the revocation stops saying in which groups somebody is, however long it would hold."""
    before = provider.token(exp=later(100_000))
    assert "200 euros" in server.ask(GOODWILL, who=before).text
    clock.now += 300
    assert server.ask(GOODWILL, who=before).status_code == 200
    clock.now += 61
    assert server.ask(GOODWILL, who=before).status_code == 401
    after = provider.token(groups=[], iat=int(clock.now), exp=int(clock.now) + 600)
    assert server.ask(GOODWILL, who=after).json()["status"] == "refused"


def signed_in(server, browser, onward="/"):
    """Sign in as a browser does; return where the server leads at the end."""
    there = server.client.get("/auth/login", params={"next": onward})
    assert there.status_code == 303
    back = browser.get(there.headers["location"])
    return server.client.get(back.headers["location"])


def test_people_sign_in_by_browser(server, browser):
    end = signed_in(server, browser, "/?q=1")
    assert (end.status_code, end.headers["location"]) == (303, "/?q=1")
    cookie = end.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "ana" not in cookie
    me = server.get("/api/me").json()
    assert (me["user"], me["groups"], me["method"]) == ("ana", ["support"], "session")


def test_a_session_needs_the_pages_token_for_what_changes_something(server, browser):
    signed_in(server, browser)
    csrf = server.get("/api/me").json()["csrf"]
    body = {"messages": [{"role": "user", "content": GOODWILL}]}
    assert server.client.post("/v1/chat/completions", json=body).status_code == 403
    wrong = server.client.post("/v1/chat/completions", json=body, headers={"X-CSRF-Token": csrf[:-1]})
    assert wrong.status_code == 403
    right = server.client.post("/v1/chat/completions", json=body, headers={"X-CSRF-Token": csrf})
    assert "200 euros" in right.text


def test_a_session_ends_with_its_groups(server, clock, browser):
    signed_in(server, browser)
    clock.now += 300
    assert server.get("/api/me").status_code == 200
    clock.now += 1
    assert server.get("/api/me").status_code == 401
    signed_in(server, browser)
    csrf = server.get("/api/me").json()["csrf"]
    assert server.client.post("/auth/logout", headers={"X-CSRF-Token": csrf}).status_code == 204
    assert server.get("/api/me").status_code == 401


@pytest.mark.parametrize("onward", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/\n/x"])
def test_nobody_is_sent_to_another_site(server, onward, browser):
    assert signed_in(server, browser, onward).headers["location"] == "/"


def test_an_answer_to_another_sign_in_is_refused(server, browser):
    there = server.client.get("/auth/login")
    query = parse_qs(urlsplit(there.headers["location"]).query)
    assert query["redirect_uri"] == ["http://localhost/auth/callback"]
    assert len(query["code_challenge"][0]) == 43
    back = urlsplit(browser.get(there.headers["location"]).headers["location"])
    answer = {name: values[0] for name, values in parse_qs(back.query).items()}
    for change in ({"state": "x"}, {"state": ""}, {"iss": "https://evil.example"}, {"code": ""}, {"code": "x"}):
        assert server.client.get("/auth/callback", params=answer | change).status_code == 401
    server.client.cookies.clear()
    assert server.client.get("/auth/callback", params=answer).status_code == 401


@pytest.mark.parametrize(
    ("claims", "status"),
    [({"nonce": "x"}, 401), ({"aud": AUDIENCE}, 401), ({"azp": "another"}, 401), ({"hasgroups": True}, 403)],
    ids=str,
)
def test_a_token_of_another_sign_in_is_refused(server, provider, claims, status, browser):
    provider.set(claims=claims)
    assert signed_in(server, browser).status_code == status
    assert server.get("/api/me").status_code == 401


def test_groups_that_fill_a_cookie_are_not_cut(make, provider, clock, monkeypatch, browser):
    clock.now = time.time()
    monkeypatch.setenv("HYBRID_OIDC_SECRET", "a client secret")
    oidc = {"issuer": provider.url, "client_id": "support-bot"}
    server = make(dev=False, oidc=oidc, public_url="http://localhost")
    provider.set(claims={"groups": [f"group-number-{n:03}-of-many" for n in range(200)]})
    answer = signed_in(server, browser)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_a_session_of_another_server_is_none(server, make, provider, tmp_path, browser):
    signed_in(server, browser)
    cookies = dict(server.client.cookies)
    other = make(
        dev=False,
        oidc={"issuer": provider.url, "client_id": "support-bot"},
        public_url="http://localhost",
        data="other",
    )
    other.client.cookies.update(cookies)
    assert other.get("/api/me").status_code == 401
    assert (tmp_path / "other" / "session.key").stat().st_mode & 0o077 == 0


def test_cookies_are_for_https_where_the_server_is(make, provider, clock):
    clock.now = time.time()
    oidc = {"issuer": provider.url, "client_id": "support-bot"}
    server = make(dev=False, oidc=oidc, public_url="https://bot.example")
    answer = server.client.get("/auth/login")
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age=31536000" in answer.headers["strict-transport-security"]
