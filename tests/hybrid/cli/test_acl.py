from pathlib import Path

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
        "holds": True,
    }


def test_an_unknown_document_is_an_error_with_near_misses(cli, synced):
    done = cli("acl", "explain", "contrat")
    assert done.code == 2
    assert done.error.startswith("unknown document 'contrat'; did you mean 'contract'")


def test_help_says_that_it_is_for_operators(cli):
    assert "operator's command" in cli("acl", "explain", "--help").out


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("valid_until: 2026-01-01", "expired 2026-01-01 00:00 UTC"),
        ("valid_from: 2999-01-01", "holds from 2999-01-01 00:00 UTC"),
    ],
)
def test_a_document_that_does_not_hold_today_is_readable_but_not_found(cli, synced, field, says):
    Path("docs/refunds.md").write_text(f"---\n{field}\n---\n# Refunds\n\nText.\n")
    cli("sync")
    explained = cli("acl", "explain", "refunds").out.splitlines()[1]
    assert explained == f"yes: readable for public; {says}, so searches leave it out and only --as-of finds it"
    assert cli("acl", "explain", "refunds", "--json").json["holds"] is False
