import pytest
from running import write_documents

from hybrid._cli._identity import moment_of, narrowing_of, principal_of
from hybrid._cli._passages import found_view, one_line, place_of
from hybrid.errors import ConfigError
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.types import Principal


def test_a_passage_has_rank_title_place_and_text(cli, synced):
    lines = cli("search", "When are refunds paid?", "--limit", 1).out.splitlines()
    assert lines[0].startswith(" 1  Refunds  refunds.md:")
    assert "Refunds are paid within 5 working days." in " ".join(lines)


def test_the_limit_holds(cli, synced):
    found = cli("search", "refunds plans", "--limit", 1, "--json").json
    assert len(found["passages"]) == 1


def test_as_json_everything_is_there(cli, synced):
    found = cli("search", "When are refunds paid?", "--json").json
    best = found["passages"][0]
    assert found["question"] == "When are refunds paid?"
    assert best["document_id"] == "docs:refunds.md"
    assert best["lines"][0] >= 1
    assert best["scores"]["fused"] > 0


def test_only_who_may_read_finds(cli, synced):
    question = "When does the contract with Acme end?"
    assert "contract.md" not in cli("search", question, "--user", "ana").out
    assert "legal/contract.md:" in cli("search", question, "--group", "staff", "--group", "legal").out
    assert "contract.md" not in cli("search", question, "--group", "legal", "--tenant", "other").out


def test_where_nothing_is_readable_that_is_said(cli, synced):
    done = cli("search", "anything", "--tenant", "other")
    assert (done.code, done.out) == (0, "Nothing found in the documents that this principal may read.\n")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["team=sales"], {"docs:plans.md"}),
        (["year=2026"], {"docs:plans.md"}),
        (["team=sales", "team=help"], {"docs:plans.md"}),
        (["team=sales", "year=2025"], set()),
    ],
)
def test_filters_narrow_by_metadata(cli, synced, filters, found):
    options = [part for each in filters for part in ("--filter", each)]
    passages = cli("search", "refunds plans", "--json", *options).json["passages"]
    assert {passage["document_id"] for passage in passages} == found


def test_a_document_is_found_while_it_holds(cli, project):
    dated = "---\naccess: [public]\nvalid_from: 2026-01-01\nvalid_until: 2026-07-01\n---\n# Offer\n\nSummer offer.\n"
    write_documents(project / "docs", {"offer.md": dated})
    cli("sync")
    assert "offer.md" in cli("search", "summer offer", "--as-of", "2026-01-01").out
    assert "offer.md" not in cli("search", "summer offer", "--as-of", "2026-07-01T00:00:00+00:00").out


def test_a_moment_without_a_timezone_is_utc():
    assert str(moment_of("2026-03-01")) == "2026-03-01 00:00:00+00:00"
    assert str(moment_of("2026-03-01T12:00:00+02:00")) == "2026-03-01 12:00:00+02:00"
    assert moment_of(None) is None


def test_a_filter_reads_numbers_and_truth_as_both():
    assert narrowing_of(["a=1.5", "b=true", "c=x=y"]) == {"a": ("1.5", 1.5), "b": ("true", True), "c": ("x=y",)}
    assert narrowing_of(["region=nan", f"reference={10**20}"]) == {"region": ("nan",), "reference": (str(10**20),)}
    assert narrowing_of(None) is None


@pytest.mark.parametrize("text", ["team", "team=", "=sales", " = "])
def test_a_filter_that_says_nothing_is_refused(text):
    with pytest.raises(ConfigError, match="is not KEY=VALUE"):
        narrowing_of([text])


def test_a_name_with_the_prefix_of_access_lists_would_match_nobody():
    with pytest.raises(ConfigError, match="--group 'group:legal': leave out the prefix: --group 'legal'"):
        principal_of(None, ["group:legal"], "")
    with pytest.raises(ConfigError, match="--user 'user:ana'"):
        principal_of("user:ana", None, "")


def test_what_a_document_says_steers_no_terminal(capsys):
    from hybrid._cli._display import Display

    document = public_document("trap.md", "Trap \x1b[2J\x07 text [bold]not markup[/bold].")
    found = WordOverlapKnowledge([document]).search("trap", principal=Principal())
    Display().result(found_view(found), found)
    assert capsys.readouterr().out == " 1  trap.md  trap.md:1\n    Trap \ufffd[2J\ufffd text [bold]not markup[/bold].\n"


def test_a_long_text_is_cut_at_a_word_and_nothing_is_wrapped_in_a_pipe(capsys):
    from hybrid._cli._display import Display

    found = WordOverlapKnowledge([public_document("long.md", "giraffe " * 100)]).search(
        "giraffe", principal=Principal()
    )
    Display().result(found_view(found), found)
    snippet = capsys.readouterr().out.splitlines()[1]
    assert snippet == "    " + "giraffe " * 29 + "giraffe ..."


def test_places():
    assert place_of("docs:a/b.md", (3, 5)) == "a/b.md:3-5"
    assert place_of("web:https://example.org/a", (3, 3), page=2) == "https://example.org/a (page 2, line 3 of its text)"
    assert one_line(" a\n\tb ") == "a b"
