"""The directory as identity providers write it: what the specification says, and what Entra and Okta make of it."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from hybrid._cli.main import run
from hybrid.server.scim.directory import Directory
from hybrid.server.scim.token import PREFIX

TOKEN = "hybscim_a token of the tests"
SCIM = {"scim": {"token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}}
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Scim:
    """What an identity provider does."""

    def __init__(self, client, token=TOKEN):
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}

    def __call__(self, method, path, body=None, **query):
        return self.client.request(method, f"/scim/v2{path}", json=body, headers=self.headers, params=query)

    def user(self, name="ana@example.com", **more):
        return self("POST", "/Users", {"schemas": [USER], "userName": name, "active": True, **more}).json()["id"]

    def group(self, name, *members):
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": each} for each in members]}
        return self("POST", "/Groups", body).json()["id"]

    def patch(self, path, *operations):
        return self("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def members(self, id_):
        return [each["value"] for each in self("GET", f"/Groups/{id_}").json().get("members", [])]


@pytest.fixture
def scim(make):
    return Scim(make(**SCIM, public_url="https://bot.example.com").client)


def test_a_user_is_created_read_replaced_and_deleted(scim):
    made = scim("POST", "/Users", {"schemas": [USER], "userName": "ana", "externalId": "7", "title": "Lead"})
    assert (made.status_code, made.headers["content-type"]) == (201, "application/scim+json")
    user = made.json()
    assert user["meta"]["location"] == f"https://bot.example.com/scim/v2/Users/{user['id']}"
    assert scim("GET", f"/Users/{user['id']}").json() == user
    changed = scim("PUT", f"/Users/{user['id']}", {"schemas": [USER], "userName": "anna"}).json()
    assert (changed["id"], changed["userName"], "title" in changed) == (user["id"], "anna", False)
    assert scim("DELETE", f"/Users/{user['id']}").status_code == 204
    for method in ("GET", "DELETE"):
        gone = scim(method, f"/Users/{user['id']}")
        assert (gone.status_code, gone.json()["status"]) == (404, "404")


def test_a_name_is_given_once_whatever_the_case_of_its_letters(scim):
    scim.user("Ana@example.com")
    other = scim.user("ben@example.com")
    for again in (
        scim("POST", "/Users", {"schemas": [USER], "userName": "ana@EXAMPLE.com"}),
        scim("PUT", f"/Users/{other}", {"schemas": [USER], "userName": "ana@example.com"}),
        scim.patch(f"/Users/{other}", {"op": "replace", "path": "userName", "value": "ana@example.com"}),
    ):
        assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    assert scim("GET", f"/Users/{other}").json()["userName"] == "ben@example.com"


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Replace", "path": "active", "value": False},
        {"op": "replace", "value": {"active": False}},
        {"op": "REPLACE", "value": {"active": "false", "name.givenName": "Ana"}},
    ],
)
def test_a_user_is_deactivated_in_each_way_that_entra_and_okta_know(scim, operation):
    id_ = scim.user()
    assert scim.patch(f"/Users/{id_}", operation).json()["active"] is False
    assert scim("GET", f"/Users/{id_}").json()["active"] is False


def test_values_are_patched_by_paths_with_filters_even_before_there_is_one(scim):
    id_ = scim.user()
    done = scim.patch(
        f"/Users/{id_}",
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "ana@example.com"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Help"},
        {"op": "Add", "path": "urn:example:ours:2.0:User:shoeSize", "value": "38"},
    )
    assert done.status_code == 200
    assert done.json()["emails"] == [{"type": "work", "value": "ana@example.com"}]
    assert done.json()["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] == {"department": "Help"}


@pytest.mark.parametrize(
    "removal",
    [
        lambda id_: {"op": "remove", "path": f'members[value eq "{id_}"]'},
        lambda id_: {"op": "Remove", "path": "members", "value": [{"value": id_}]},
    ],
)
def test_members_come_and_go_one_by_one(scim, removal):
    ana, ben = scim.user("ana"), scim.user("ben")
    group = scim.group("support", ana)
    scim.patch(f"/Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": ben}]})
    assert scim.members(group) == [ana, ben]
    assert scim("GET", f"/Users/{ben}").json()["groups"] == [{"value": group, "display": "support"}]
    assert scim.patch(f"/Groups/{group}", removal(ana)).status_code == 200
    assert scim.members(group) == [ben]
    scim("DELETE", f"/Users/{ben}")
    assert scim.members(group) == []


def test_a_patch_is_applied_wholly_or_not_at_all(scim):
    id_ = scim.user("ana")
    wrong = scim.patch(
        f"/Users/{id_}",
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": 'emails[type lt "work"].value', "value": 1},
    )
    assert wrong.status_code == 400
    assert scim("GET", f"/Users/{id_}").json()["active"] is True


def test_users_are_found_by_filters_and_read_by_pages(scim):
    ids = [scim.user(f"user{n}", externalId=str(n)) for n in range(5)]
    assert [each["id"] for each in scim("GET", "/Users", filter='userName eq "USER3"').json()["Resources"]] == [ids[3]]
    assert [each["id"] for each in scim("GET", "/Users", filter='externalId eq "2"').json()["Resources"]] == [ids[2]]
    found = scim("GET", "/Users", filter='userName sw "user" and not (externalId eq "0")', startIndex=2, count=2).json()
    assert (found["totalResults"], found["startIndex"], found["itemsPerPage"]) == (4, 2, 2)
    assert [each["id"] for each in found["Resources"]] == ids[2:4]
    page = scim("GET", "/Users", startIndex=4, count=10, attributes="userName").json()
    assert page["totalResults"] == 5
    assert [sorted(each) for each in page["Resources"]] == [["id", "schemas", "userName"]] * 2
    assert scim("GET", "/Users", filter='userName eq "nobody"').json()["Resources"] == []
    group = scim.group("support", *ids)
    assert "members" not in scim("GET", f"/Groups/{group}", excludedAttributes="members").json()
    assert scim("GET", "/Groups", filter=f'members eq "{ids[4]}"').json()["totalResults"] == 1


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "/Users", b"{"),
        ("POST", "/Users", b"[]"),
        ("POST", "/Users", b'"\xff"'),
        ("POST", "/Users", b'{"userName": "\\ud800"}'),
        ("POST", "/Users", b'{"schemas": ["urn:other"], "userName": "ana"}'),
        ("POST", "/Groups", b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]}'),
        ("GET", "/Users?filter=userName+is+ana", b""),
        ("GET", "/Users?filter=" + "(" * 1_900, b""),
        ("GET", "/Users?attributes=userName&excludedAttributes=id", b""),
    ],
)
def test_what_cannot_be_meant_is_refused_as_the_specification_says(scim, method, path, content):
    answer = scim.client.request(method, f"/scim/v2{path}", content=content, headers=scim.headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/scim+json"
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert "ana" not in answer.json()["detail"]


def test_the_service_says_what_it_can(scim):
    config = scim("GET", "/ServiceProviderConfig").json()
    assert (config["patch"]["supported"], config["bulk"]["supported"]) == (True, False)
    assert {each["endpoint"] for each in scim("GET", "/ResourceTypes").json()["Resources"]} == {"/Users", "/Groups"}
    schemas = scim("GET", "/Schemas").json()["Resources"]
    assert {USER, GROUP} < {each["id"] for each in schemas}
    assert scim("GET", f"/Schemas/{USER}").json()["id"] == USER
    assert scim("GET", "/ResourceTypes/Device").status_code == 404


def test_passwords_are_not_kept(scim, tmp_path):
    id_ = scim.user("ana", password="correct horse")
    assert "password" not in scim("GET", f"/Users/{id_}").json()
    assert not any(b"correct horse" in file.read_bytes() for file in tmp_path.rglob("directory.sqlite3*"))


def test_only_its_own_token_opens_it(make):
    server = make(**SCIM)
    for token in ("ana", "hybscim_", "", TOKEN + "x", SCIM["scim"]["token_sha256"]):
        for method, path in [("GET", "/Users"), ("POST", "/Users"), ("GET", "/Schemas"), ("DELETE", "/Groups/1")]:
            answer = Scim(server.client, token)(method, path, {} if method == "POST" else None)
            assert (answer.status_code, answer.json()["status"]) == (401, "401")
    # Nor does it open anything else.
    assert server.get("/api/me", who=TOKEN).status_code == 401
    assert make().client.get("/scim/v2/Users", headers=bearer_headers()).status_code == 404


def bearer_headers():
    return {"Authorization": f"Bearer {TOKEN}"}


def test_the_directory_outlives_the_server_and_several_write_at_once(make, tmp_path):
    first = Scim(make(**SCIM).client)
    with ThreadPoolExecutor(4) as several:
        ids = list(several.map(lambda n: first.user(f"user{n}"), range(20)))
    group = first.group("support", *ids)
    with Directory(tmp_path / ".hybrid-server")._reader as reader:
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    second = Scim(make(**SCIM).client)
    assert sorted(second.members(group)) == sorted(ids)


def test_the_command_makes_a_token_whose_hash_alone_is_kept(make, capfd):
    assert run(["keys", "scim"]) == 0
    token, line = (text.strip() for text in capfd.readouterr())
    assert token.startswith(PREFIX)
    sha256 = line.partition('"')[2].removesuffix('"')
    assert sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert Scim(make(scim={"token_sha256": sha256}).client, token)("GET", "/Users").status_code == 200
