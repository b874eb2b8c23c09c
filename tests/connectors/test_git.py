import os
import subprocess
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from hybrid.errors import ConfigError, ParseError, ReadError, SourceError, TooLargeError
from hybrid.protocols import Entry
from hybrid.testing.connectors import ConnectorContract
from hybrid_connectors._access_rules import AccessRule
from hybrid_connectors.git import GitRepository

ENVIRONMENT = {
    "PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
}  # fmt: skip


class Clone:
    """A real repository that a test commits to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.path), *arguments]
        return subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, files: dict[str, str | bytes | None]) -> str:
        for path, content in files.items():
            file = self.path / path
            if content is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone")


def states(source: GitRepository) -> dict[str, str]:
    return {entry.path: entry.state for entry in source.list().entries}


def read(source: GitRepository, path: str):
    return source.read(Entry(path=path, state=states(source)[path]))


class TestGitContract(ConnectorContract):
    @pytest.fixture(params=["", "docs"])
    def connector(self, clone: Clone, request: pytest.FixtureRequest) -> GitRepository:
        clone.commit(
            {
                "docs/a.md": "---\naccess: [public]\n---\n# A\r\n",
                "docs/ü/b.html": "<p>B",
                "docs/c.txt": "C",
                "x.py": "x",
            }
        )
        return GitRepository(name="repo", path=clone.path, subfolder=request.param, default_readers=("group:staff",))


def test_reads_a_revision_whatever_is_checked_out(clone: Clone):
    first = clone.commit({"a.md": "# One", "b.md": "# B"})
    second = clone.commit({"a.md": "# Two", "b.md": None})
    (clone.path / "a.md").write_text("# Dirty")
    old = GitRepository(name="repo", path=clone.path, revision=first)
    new = GitRepository(name="repo", path=clone.path)
    assert old.list().cursor == first
    assert new.list().cursor == second
    assert [read(old, path).title for path in states(old)] == ["One", "B"]
    assert [read(new, path).title for path in states(new)] == ["Two"]


def test_reads_a_bare_repository_and_a_tag(clone: Clone, tmp_path: Path):
    clone.commit({"a.md": "# One"})
    clone.git("tag", "--annotate", "v1", "--message", "v1")
    clone.git("clone", "--quiet", "--bare", str(clone.path), str(tmp_path / "bare.git"))
    assert read(GitRepository(name="repo", path=tmp_path / "bare.git", revision="v1"), "a.md").title == "One"


def test_an_unchanged_file_keeps_its_state_over_commits(clone: Clone):
    clone.commit({"a.md": "A", "b.md": "B"})
    source = GitRepository(name="repo", path=clone.path)
    before = states(source)
    clone.commit({"a.md": "A2"})
    after = states(source)
    assert after["b.md"] == before["b.md"]
    assert after["a.md"] != before["a.md"]


def test_renames_since_the_cursor_are_known(clone: Clone):
    text = "".join(f"line {n}\n" for n in range(40))
    clone.commit({"docs/a.md": text, "docs/b.md": "B", "other/c.md": "C" * 100})
    source = GitRepository(name="repo", path=clone.path, subfolder="docs")
    cursor = source.list().cursor
    clone.commit({"docs/a.md": None, "docs/sub dir/ä.md": text + "one more\n", "docs/new.md": "new"})
    clone.commit({"other/c.md": None, "other/d.md": "C" * 100})
    listing = source.list(cursor)
    assert listing.renames == {"a.md": "sub dir/ä.md"}
    assert source.list(listing.cursor).renames == {}


@pytest.mark.parametrize("cursor", ["0" * 40, "not a commit", "--output=/tmp/x", ""])
def test_a_cursor_that_history_lost_costs_only_the_renames(clone: Clone, cursor: str):
    clone.commit({"a.md": "A"})
    listing = GitRepository(name="repo", path=clone.path).list(cursor)
    assert listing.renames == {}
    assert [entry.path for entry in listing.entries] == ["a.md"]


def test_links_submodules_and_hidden_files_are_no_documents(clone: Clone):
    (clone.path / "link.md").symlink_to("a.md")
    clone.commit({"a.md": "A", ".github/b.md": "B", "c.bin": "C"})
    clone.git("update-index", "--add", "--cacheinfo", f"160000,{clone.git('rev-parse', 'HEAD')},module.md")
    clone.git("commit", "--quiet", "--message", "module")
    assert list(states(GitRepository(name="repo", path=clone.path))) == ["a.md"]


def test_access_and_address_follow_the_path(clone: Clone):
    commit = clone.commit({"docs/legal/a b.md": "A", "docs/b.md": "---\naccess: ['user:ana']\n---\nB"})
    source = GitRepository(
        name="repo",
        path=clone.path,
        subfolder="/docs/",
        rules=(AccessRule(match="legal", readers=("group:legal",)),),
        link="https://git.example.org/blob/{revision}/{path}",
    )
    assert read(source, "legal/a b.md").access.readers == ("group:legal",)
    assert read(source, "legal/a b.md").uri == f"https://git.example.org/blob/{commit}/docs/legal/a%20b.md"
    assert read(source, "b.md").access.readers == ("user:ana",)
    plain = GitRepository(name="repo", path=clone.path)
    assert read(plain, "docs/b.md").uri == f"git+{clone.path.as_uri()}@{commit}#docs/b.md"


def test_nothing_of_the_repository_runs(clone: Clone, tmp_path: Path):
    clone.commit({"a.md": "A", ".gitattributes": "*.md diff=evil filter=evil\n"})
    cursor = GitRepository(name="repo", path=clone.path).list().cursor
    clone.commit({"a.md": None, "b.md": "A"})
    trap = tmp_path / "trapped"
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {trap}\ncat\n")
    script.chmod(0o755)
    for setting in ("core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command", "filter.evil.smudge"):
        clone.git("config", setting, str(script))
    clone.git("config", "core.pager", str(script))
    clone.git("config", "core.hooksPath", str(tmp_path))
    source = GitRepository(name="repo", path=clone.path)
    assert source.list(cursor).renames == {"a.md": "b.md"}
    assert read(source, "b.md").text == "A"
    assert not trap.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="needs the right to give a file away")
def test_a_clone_of_another_owner_is_read(clone: Clone):
    clone.commit({"a.md": "A"})
    for path in (clone.path, *clone.path.rglob("*")):
        os.chown(path, 12345, 12345)
    assert read(GitRepository(name="repo", path=clone.path), "a.md").text == "A"


@pytest.mark.parametrize("revision", ["-p", "--output=x", "", " ", "a\nb"])
def test_a_revision_that_is_an_option_is_refused(clone: Clone, revision: str):
    with pytest.raises(ConfigError, match="revision .* is not usable"):
        TypeAdapter(GitRepository).validate_python({"name": "r", "path": str(clone.path), "revision": revision})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"revision": "nowhere"}, "rev-parse failed.*check path, revision"),
        ({"revision": "HEAD:a.md"}, "rev-parse failed"),
        ({"subfolder": "nothing"}, "ls-tree failed"),
        ({"subfolder": "a.md"}, "ls-tree failed"),
        ({"path": Path("/nonexistent")}, "nothing was removed"),
    ],
)
def test_what_is_not_there_is_a_source_error(clone: Clone, change: dict[str, object], message: str):
    clone.commit({"a.md": "A"})
    with pytest.raises(SourceError, match=message) as raised:
        GitRepository(**{"name": "repo", "path": clone.path, **change}).list()  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)


def test_a_folder_inside_a_repository_is_not_the_repository(clone: Clone):
    clone.commit({"docs/a.md": "A"})
    with pytest.raises(SourceError, match="not a git repository"):
        GitRepository(name="repo", path=clone.path / "docs").list()


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"x" * 3000, TooLargeError, "has 3,000 bytes, the limit is 2,000"),
        (b"\xff", ParseError, "not valid UTF-8"),
        (b"", ParseError, "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:x\nsize 1\n", ReadError, "pointer of Git LFS"),
        (b"---\naccess: [all]\n---\nx", ReadError, "bad.md:2: access"),
    ],
)
def test_one_bad_file_does_not_stop_the_others(clone: Clone, content: bytes, error: type[ReadError], message: str):
    clone.commit({"bad.md": content, "good.md": "good"})
    source = GitRepository(name="repo", path=clone.path, max_bytes=2000)
    with pytest.raises(error, match=message):
        read(source, "bad.md")
    assert read(source, "good.md").text == "good"


def test_a_blob_of_another_path_cannot_be_read_under_a_listed_one(clone: Clone):
    clone.commit({"public.md": "open", "secret.md": "closed"})
    source = GitRepository(name="repo", path=clone.path)
    with pytest.raises(ReadError, match="public.md: is not this version"):
        source.read(Entry(path="public.md", state=states(source)["secret.md"]))
