import pytest


@pytest.mark.parametrize("name", ["docs:legal/contract.md", "legal/contract.md", "contract"])
def test_a_document_is_named_by_id_path_or_stem(cli, synced, name):
    done = cli("acl", "explain", name, "--user", "ana", "--group", "legal")
    assert (done.code, done.err) == (0, "")
    assert done.out == "docs:legal/contract.md for ana (legal)\nyes: readable for group:legal\n"


def test_a_no_says_what_is_missing_and_is_no_failure(cli, synced):
    done = cli("acl", "explain", "contract", "--user", "ana")
    assert done.code == 0
    assert done.out.splitlines()[1] == "no: readable for group:legal; the principal has public, user:ana"


def test_as_json(cli, synced):
    assert cli("acl", "explain", "refunds", "--json").json == {
        "document_id": "docs:refunds.md",
        "principal": {"user": None, "groups": [], "tenant": ""},
        "permitted": True,
        "why": "yes: readable for public",
        "readers": ["public"],
        "denied": [],
        "tenant": "",
    }


def test_an_unknown_document_is_an_error_with_near_misses(cli, synced):
    done = cli("acl", "explain", "contrat")
    assert done.code == 2
    assert done.error.startswith("unknown document 'contrat'; did you mean 'contract'")


def test_help_says_that_it_is_for_operators(cli):
    assert "operator's command" in cli("acl", "explain", "--help").out
