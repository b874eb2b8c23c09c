from pathlib import Path


def test_what_init_writes_works_at_once(cli, monkeypatch):
    assert cli("init", "bot").code == 0
    monkeypatch.chdir("bot")
    assert cli("sync").code == 0
    done = cli("ask", "What happens to a question that no document answers?")
    assert '[1] welcome.md:8  "A question that no document answers is refused."' in done.out


def test_the_configuration_reads_docs_and_names_public_in_plain_sight(cli):
    cli("init", "bot")
    lines = Path("bot/hybrid.toml").read_text().splitlines()
    assert 'path = "docs"' in lines
    assert 'default_readers = ["public"]' in lines


def test_documents_that_are_there_stay_alone(cli):
    Path("bot/docs").mkdir(parents=True)
    Path("bot/docs/mine.md").write_text("# Mine\n")
    done = cli("init", "bot", "--json")
    assert done.json == {"config": "bot/hybrid.toml", "documents": "bot/docs", "welcome": False}
    assert [path.name for path in Path("bot/docs").iterdir()] == ["mine.md"]


def test_a_configuration_is_overwritten_only_by_force(cli):
    Path("hybrid.toml").write_text("# mine\n")
    done = cli("init")
    assert done.code == 2
    assert done.error == "'hybrid.toml' exists; edit it, or overwrite it with --force"
    assert Path("hybrid.toml").read_text() == "# mine\n"
    assert cli("init", "--force").code == 0
    assert Path("hybrid.toml").read_text() != "# mine\n"


def test_a_place_that_cannot_be_written_is_named(cli):
    Path("file").write_text("")
    assert "cannot be written: Not a directory" in cli("init", "file/bot").error
