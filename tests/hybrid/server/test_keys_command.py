"""``hybrid keys``: made, shown, removed; the key itself is printed once and kept nowhere."""

import pytest

from hybrid._cli.main import run
from hybrid.server.signin.keys import PREFIX, load_keys


@pytest.fixture
def keys(tmp_path, capfd):
    """Run ``hybrid keys`` in a folder whose configuration names a file; return exit code and what was printed."""
    (tmp_path / "hybrid.toml").write_text('[server]\napi_keys = "keys.json"\n')

    def command(*arguments):
        code = run(["keys", *arguments, "--config", str(tmp_path)])
        out, err = capfd.readouterr()
        return code, out.strip() or err.strip()

    return command


def test_a_key_is_made_shown_and_removed(keys, tmp_path):
    code, key = keys("add", "ci", "--user", "ana", "--group", "support")
    assert (code, key.startswith(PREFIX)) == (0, True)
    assert key not in (tmp_path / "keys.json").read_text()
    (record,) = load_keys(tmp_path / "keys.json")
    assert (record.user, record.groups) == ("ana", ("support",))
    assert keys("list") == (0, "ci: ana, groups support")
    assert keys("remove", "ci") == (0, "")
    assert load_keys(tmp_path / "keys.json") == ()


def test_a_name_is_taken_once(keys):
    keys("add", "ci", "--user", "ana")
    assert keys("add", "ci", "--user", "bob")[0] == 2
    code, message = keys("remove", "other")
    assert (code, "there is no key 'other'" in message) == (2, True)


def test_a_configuration_without_a_file_says_what_to_write(tmp_path, capfd):
    (tmp_path / "hybrid.toml").write_text("")
    assert run(["keys", "list", "--config", str(tmp_path)]) == 2
    assert "api_keys" in capfd.readouterr().err


def test_a_user_with_a_prefix_is_refused(keys):
    assert "leave out the prefix" in keys("add", "ci", "--user", "user:ana")[1]
