import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from hybrid.errors import ConfigError, EmptyDocumentError, ParseError, ReadError, SourceError, TooLargeError
from hybrid.protocols import Entry, Watchable
from hybrid.testing.connectors import ConnectorContract
from hybrid_connectors._access_rules import AccessRule
from hybrid_connectors.folder import Folder

OLD = 1_700_000_000


def write(root: Path, path: str, content: str | bytes, *, when: int = OLD) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(file, (when, when))
    return file


def read(folder: Folder, path: str):
    return folder.read(Entry(path=path, state="any"))


def paths(folder: Folder) -> list[str]:
    return [entry.path for entry in folder.list().entries]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


@pytest.fixture
def folder(root: Path) -> Folder:
    return Folder(name="docs", path=root)


class TestFolderContract(ConnectorContract):
    @pytest.fixture
    def connector(self, root: Path) -> Folder:
        write(
            root, "a.md", "---\ntitle: A\naccess: [public]\nvalid_from: 2025-01-01\nowner: ana\n---\n# A\r\nText.\r\n"
        )
        write(root, "sub/b.html", "<title>B</title><p>Text & more.")
        write(root, "sub/ü/c.py", "print('c')\n")
        write(root, "d.txt", b"\xef\xbb\xbfplain")
        return Folder(name="docs", path=root, default_readers=("group:staff",))


def test_lists_documents_and_leaves_out_hidden_files_and_unknown_suffixes(root: Path, folder: Folder):
    for path in ("b.md", "a/x.txt", "README", ".secret.md", ".git/config.md", "photo.png", "a.bin", "noextension"):
        write(root, path, "text")
    assert paths(folder) == ["README", "a/x.txt", "b.md"]


def test_include_and_exclude_choose(root: Path):
    for path in ("a.md", "a.txt", "drafts/b.md", "old/deep/c.md"):
        write(root, path, "text")
    folder = Folder(name="docs", path=root, include=("**/*.md",), exclude=("drafts", "old/**/c.md"))
    assert paths(folder) == ["a.md"]
    with pytest.raises(ReadError, match="not a document of source 'docs'"):
        read(folder, "drafts/b.md")


def test_listing_reads_no_file(root: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch):
    write(root, "a.md", "text")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a listing opened a file")

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    assert paths(folder) == ["a.md"]


def test_state_changes_with_content_and_survives_none(root: Path, folder: Folder):
    file = write(root, "a.md", "one")
    first = folder.list().entries
    assert folder.list().entries == first
    write(root, "a.md", "two")
    assert folder.list().entries != first, "same size and same time, yet another change of the inode"
    assert file.stat().st_mtime == OLD


def test_a_file_changed_just_before_the_listing_is_read_again_next_time(root: Path, folder: Folder):
    write(root, "a.md", "text").touch()
    first = folder.list().entries[0].state
    os.utime(root / "a.md", (OLD, OLD))
    second = folder.list().entries[0].state
    assert "~" in first
    assert second not in first
    assert folder.list().entries[0].state == second


@pytest.mark.parametrize("missing", ["gone", "a.md"])
def test_a_missing_root_is_a_source_error(root: Path, missing: str):
    write(root, "a.md", "text")
    with pytest.raises(SourceError, match=rf"cannot list '.*{missing}'.*nothing was removed"):
        Folder(name="docs", path=root / missing).list()


def test_an_unreadable_folder_fails_the_whole_listing(root: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch):
    write(root, "a.md", "text")
    write(root, "closed/b.md", "text")
    scandir = os.scandir

    def closed(path: Path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(SourceError, match="closed.*Permission denied"):
        folder.list()


def test_links_are_never_followed(root: Path, folder: Folder, tmp_path: Path):
    outside = write(tmp_path, "outside/secret.md", "secret")
    write(root, "real.md", "text")
    (root / "leaves.md").symlink_to(outside)
    (root / "inside.md").symlink_to(root / "real.md")
    (root / "loop").symlink_to(root)
    (root / "away").symlink_to(outside.parent)
    (root / "broken.md").symlink_to(tmp_path / "nothing.md")
    assert paths(folder) == ["broken.md", "leaves.md", "real.md"]
    for path in ("leaves.md", "inside.md", "away/secret.md", "broken.md", "loop/real.md"):
        with pytest.raises(ReadError, match="symbolic link"):
            read(folder, path)


def test_a_linked_root_is_the_folder_it_points_to(root: Path, tmp_path: Path):
    write(root, "a.md", "text")
    (tmp_path / "link").symlink_to(root)
    folder = Folder(name="docs", path=tmp_path / "link")
    assert read(folder, paths(folder)[0]).uri == (root / "a.md").as_uri()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_neither_listed_nor_waited_for(root: Path, folder: Folder):
    os.mkfifo(root / "pipe.md")
    assert paths(folder) == []
    with pytest.raises(ReadError, match="not a regular file"):
        read(folder, "pipe.md")


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are not text")
def test_a_name_that_is_not_utf8_is_reported(root: Path, folder: Folder):
    with open(os.fsencode(root) + b"/caf\xe9.md", "w") as file:
        file.write("text")
    assert paths(folder) == ["caf%E9.md"]
    with pytest.raises(ReadError, match="name"):
        read(folder, "caf%E9.md")


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are not text")
def test_names_that_differ_are_documents_that_differ(root: Path, folder: Folder):
    for name in (b"caf\xe9.md", b"caf%E9.md", b"%E9\xe9.md", b"\xe9%E9.md", b"%caf%E9.md"):
        with open(os.fsencode(root) + b"/" + name, "w") as file:
            file.write("text")
    os.mkdir(os.fsencode(root) + b"/\xe9")
    write(root, "%E9/a.md", "literal")
    with open(os.fsencode(root) + b"/\xe9/a.md", "w") as file:
        file.write("undecoded")
    listed = paths(folder)
    assert len(listed) == len(set(listed)) == 7
    assert {"caf%E9.md", "%caf%E9.md", "%E9/a.md"} < {*listed}
    readable = {path for path in listed if _is_readable(folder, path)}
    assert readable == {"caf%E9.md", "%caf%E9.md", "%E9/a.md"}, "only those that are UTF-8"


def _is_readable(folder: Folder, path: str) -> bool:
    try:
        return bool(read(folder, path).text)
    except ReadError:
        return False


class TestText:
    def test_line_ends_and_mark_are_the_only_changes(self, root: Path, folder: Folder):
        write(root, "a.txt", b"\xef\xbb\xbfone\r\ntwo\rthree \t\n\n e\xcc\x81\xe2\x80\xa8x")
        assert read(folder, "a.txt").text == "one\ntwo\nthree \t\n\n e\u0301\u2028x"

    def test_front_matter_is_taken_off_and_counted(self, root: Path, folder: Folder):
        write(root, "a.md", "---\r\ntitle: Hello\r\n---\r\n\r\nBody\r\n")
        document = read(folder, "a.md")
        assert (document.text, document.first_line, document.title) == ("\nBody\n", 4, "Hello")

    @pytest.mark.parametrize(
        ("path", "content", "title", "found"),
        [
            ("a.md", "```\n# no\n```\n\n## A `b` **c** [d](e) {#id} ##\n", "A b c d", True),
            ("a.md", "Title\n=====\n", "Title", True),
            ("a.md", "#hashtag\n", "a", False),
            ("a.rst", ".. note:: x\n\nTitle\n=====\n\nText", "Title", True),
            ("a.rst", "=======\n Title\n=======\n", "Title", True),
            ("a.html", "<title>T</title><h1>H</h1>", "T", True),
            ("a.html", "<p>x<h2>H <b>i</b></h2>", "H i", True),
            ("notes.txt", "# not Markdown", "notes", False),
            ("code.py", "# comment", "code", False),
            ("a.b.csv", "x,y\n1,2\n", "a.b", False),
        ],
    )
    def test_title(self, root: Path, folder: Folder, path: str, content: str, title: str, found: bool):
        write(root, path, content)
        document = read(folder, path)
        assert (document.title, document.title_in_text) == (title, found)

    @pytest.mark.parametrize(
        "heading",
        ["{#" * 100_000, " " * 200_000 + "x", "[" * 200_000, "[](" * 70_000, "a" + "_" * 200_000 + "b", "# " * 100_000],
        ids=lambda heading: heading[:3],
    )
    @pytest.mark.timeout(20)
    def test_no_heading_takes_more_than_linear_time(self, root: Path, folder: Folder, heading: str):
        write(root, "a.md", f"# {heading}\n\nText.\n")
        assert read(folder, "a.md").text.endswith("Text.\n")

    @pytest.mark.parametrize("written", ["1.10", "007", "no", "1e3", "2025-01-01", "north"])
    def test_a_tenant_and_a_title_are_read_as_written(self, root: Path, folder: Folder, written: str):
        write(root, "a.md", f"---\ntenant: {written}\ntitle: {written}\n---\ntext")
        document = read(folder, "a.md")
        assert (document.tenant, document.title) == (written, written)

    def test_a_rename_of_an_untitled_file_changes_no_vectors(self, root: Path, folder: Folder):
        write(root, "a.txt", "text")
        write(root, "b.txt", "text")
        assert read(folder, "a.txt").content_hash == read(folder, "b.txt").content_hash

    def test_yaml_files_keep_their_document_marker(self, root: Path, folder: Folder):
        write(root, "a.yaml", "---\nkey: value\n---\n")
        assert read(folder, "a.yaml").text == "---\nkey: value\n---\n"


class TestBadInput:
    @pytest.mark.parametrize(
        ("content", "error", "message"),
        [
            (b"ok\nb\xffd", ParseError, r"^a\.md:2: byte 0xff is not valid UTF-8"),
            (b"\x89PNG\r\n\x1a\n\0\0", ParseError, r"^a\.md: holds NUL bytes.*binary"),
            ("text".encode("utf-16"), ParseError, r"^a\.md: is UTF-16"),
            (b"", ParseError, r"^a\.md: is empty"),
            (b" \n\t\n", ParseError, r"^a\.md: is empty"),
            (b"---\ntitle: x\n---\n\n", EmptyDocumentError, r"^a\.md: has a title and no text"),
            (b"---\nowner: x\n---\n\n", ParseError, r"^a\.md: is empty"),
            (b"---\ntitle: x\n", ReadError, r"^a\.md:1: front matter is opened.*never closed"),
            (b"---\ntitle: [x\n---\ntext", ReadError, r"^a\.md:\d: front matter is not valid YAML"),
            (b"---\nok: 1\nvalid_from: 2025-13-45\n---\ntext", ReadError, r"^a\.md:3: valid_from is not a valid value"),
            (b"---\nvalid_from: soon\n---\ntext", ReadError, r"^a\.md:2: valid_from must be a date"),
            (b"---\njust a sentence\n---\ntext", ReadError, r"^a\.md:1: front matter must be lines"),
            (b"---\nok: 1\naccess: [publik]\n---\ntext", ReadError, r"^a\.md:3: access: access token 'publik'"),
            (b"---\naccess: public\n---\ntext", ReadError, r"^a\.md:2: access must be a list"),
            (b"---\naccess:\n---\ntext", ReadError, r"^a\.md:2: access must be a list"),
            (b"---\naccess: [1]\n---\ntext", ReadError, r"^a\.md:2: access: access token 1"),
            (b"---\ndeny: [public]\n---\ntext", ReadError, r"^a\.md:2: deny: 'public' cannot be denied"),
            (b"---\nAccess: [public]\n---\ntext", ReadError, r"^a\.md:2: field 'Access' is not known; write 'access'"),
            (b"---\nreaders: [public]\n---\ntext", ReadError, r"^a\.md:2: field 'readers'.*write 'access'"),
            (b"---\naccess: []\naccess: [public]\n---\nx", ReadError, r"^a\.md:3: front matter names 'access' twice"),
            (b"---\n<<: {access: [public]}\n---\nx", ReadError, r"^a\.md:2: front matter merges"),
            (b"---\na: &a [1]\nb: *a\n---\ntext", ReadError, r"^a\.md:3: .*alias"),
            (b"---\na: " + b"[" * 9999 + b"]" * 9999 + b"\n---\ntext", ReadError, r"^a\.md:2: .*nested more than"),
            (b"---\na: '" + b"x" * 70_000 + b"'\n---\ntext", ReadError, r"^a\.md:1: front matter has 70"),
            (b"---\na: !!python/object:os.system x\n---\nx", ReadError, r"^a\.md:2: front matter uses a YAML tag"),
            (b"---\na: !!int ''\n---\nx", ReadError, r"^a\.md:2: front matter uses a YAML tag"),
            (b"---\na: 0x" + b"F" * 5000 + b"\n---\nx", ReadError, r"^a\.md:2: a is not a valid value"),
            (b"---\nvalid_from: 0001-01-01T00:00:00+14:00\n---\nx", ReadError, r"^a\.md:2: valid_from lies outside"),
            (b"---\nvalid_until: 9999-12-31T23:00:00-14:00\n---\nx", ReadError, r"^a\.md:2: valid_until lies outside"),
            (b"\n---\naccess: ['group:legal']\n---\nx", ReadError, r"^a\.md:3: looks like front matter.*line 1"),
            ("\ufeff\ufeff--- \ndeny: ['user:x']\n---\nx".encode(), ReadError, r"^a\.md:2: looks like front matter"),
            (b"+++\na = 1\naccess = ['group:legal']\n+++\nx", ReadError, r"^a\.md:3: looks like front matter"),
            (b'---\ntitle: "\\uD800"\n---\nx', ReadError, r"a\.md.*(surrogate|not valid YAML)"),
            (b"---\nvalid_from: 2025-02-01\nvalid_until: 2025-01-01\n---\nx", ReadError, r"^a\.md:3: valid_until"),
            (b"---\ntitle: [a]\n---\nx", ReadError, r"^a\.md:2: title must be text"),
        ],
    )
    def test_is_a_named_error_on_one_line(
        self, root: Path, folder: Folder, content: bytes, error: type[ReadError], message: str
    ):
        write(root, "a.md", content)
        write(root, "good.md", "good")
        with pytest.raises(error, match=message) as raised:
            read(folder, "a.md")
        assert "\n" not in str(raised.value)
        assert paths(folder) == ["a.md", "good.md"], "one bad file never stops the listing"

    def test_a_huge_file_is_refused_unread(self, root: Path, folder: Folder):
        with open(root / "huge.md", "wb") as file:
            file.truncate(2 * 1024**3)
        with pytest.raises(
            TooLargeError, match=r"^huge\.md: has 2,147,483,648 bytes, the limit is 20,000,000; .*max_bytes"
        ):
            read(folder, "huge.md")

    def test_a_file_that_vanished_is_reported(self, folder: Folder):
        with pytest.raises(ReadError, match=r"^gone\.md: cannot be read \(No such file"):
            read(folder, "gone.md")


class TestFields:
    def test_all_kinds(self, root: Path, folder: Folder):
        write(
            root,
            "a.md",
            "---\ntitle:  Two\n  lines\naccess: [public, 'user:ana']\ndeny: ['group:interns']\ntenant: acme\n"
            "valid_from: 2025-01-01\nvalid_until: 2025-06-30T12:00:00+02:00\nowner: ana\nweight: 3\nratio: 0.5\n"
            "draft: false\nreviewed: 2024-05-06\ntags: [a, b]\nnothing:\n"
            "big: 99999999999999999999\nnan: .nan\n---\ntext",
        )
        document = read(folder, "a.md")
        assert document.title == "Two lines"
        assert document.access.readers == ("public", "user:ana")
        assert document.access.denied == ("group:interns",)
        assert document.tenant == "acme"
        assert document.valid_from == datetime(2025, 1, 1, tzinfo=UTC)
        assert document.valid_until == datetime(2025, 6, 30, 10, tzinfo=UTC)
        assert document.metadata == {
            "owner": "ana",
            "weight": 3,
            "ratio": 0.5,
            "draft": False,
            "reviewed": "2024-05-06",
            "big": "99999999999999999999",
        }


class TestAccess:
    RULES = (
        AccessRule(match="legal/open/**", readers=("public",)),
        AccessRule(match="legal", readers=("group:legal",), denied=("user:mallory",)),
        AccessRule(match="empty/**", readers=()),
        AccessRule(match="silent/**", denied=("group:interns",)),
        AccessRule(match="acme/**", tenant="acme"),
    )

    @pytest.fixture
    def guarded(self, root: Path) -> Folder:
        return Folder(name="docs", path=root, default_readers=("group:staff",), rules=self.RULES)

    @pytest.mark.parametrize(
        ("path", "front", "readers", "denied"),
        [
            ("a.md", "", ("group:staff",), ()),
            ("a.md", "access: [public]", ("public",), ()),
            ("a.md", "access: []", (), ()),
            ("legal/a/b.md", "", ("group:legal",), ("user:mallory",)),
            ("legal/open/a.md", "", ("public",), ()),
            ("legal/a.md", "access: ['user:ana']", ("user:ana",), ("user:mallory",)),
            ("legal/a.md", "deny: ['user:bob']", ("group:legal",), ("user:bob", "user:mallory")),
            ("empty/a.md", "", (), ()),
            ("silent/a.md", "", ("group:staff",), ("group:interns",)),
        ],
    )
    def test_front_matter_then_rule_then_default(
        self, root: Path, guarded: Folder, path: str, front: str, readers: tuple[str, ...], denied: tuple[str, ...]
    ):
        write(root, path, f"---\n{front}\n---\ntext")
        access = read(guarded, path).access
        assert (access.readers, access.denied) == (readers, denied)

    def test_nobody_without_any(self, root: Path, folder: Folder):
        write(root, "a.md", "text")
        assert read(folder, "a.md").access.readers == ()

    def test_a_rule_binds_the_tenant(self, root: Path, guarded: Folder):
        write(root, "acme/a.md", "text")
        write(root, "acme/b.md", "---\ntenant: other\n---\ntext")
        assert read(guarded, "acme/a.md").tenant == "acme"
        with pytest.raises(ReadError, match="names tenant 'other', but rule 'acme/\\*\\*' binds it to 'acme'"):
            read(guarded, "acme/b.md")


class TestSettings:
    def test_a_table_validates_into_a_folder(self, root: Path):
        table = {
            "name": "docs",
            "path": str(root),
            "default_readers": ["public"],
            "rules": [{"match": "legal/**", "readers": ["group:legal"]}],
        }
        folder = TypeAdapter(Folder).validate_python(table)
        assert folder == Folder(
            name="docs",
            path=root,
            default_readers=("public",),
            rules=(AccessRule(match="legal/**", readers=("group:legal",)),),
        )
        assert isinstance(folder, Watchable)
        assert folder.watch_paths == (str(root),)

    @pytest.mark.parametrize(
        "extra", [{"defaultreaders": []}, {"rules": [{"match": "a", "reader": []}]}, {"default_readers": "public"}]
    )
    def test_unknown_or_mistyped_settings_are_refused(self, root: Path, extra: dict[str, object]):
        with pytest.raises(ValidationError):
            TypeAdapter(Folder).validate_python({"name": "docs", "path": str(root), **extra})

    @pytest.mark.parametrize(
        "bad",
        [
            {"name": "a:b"},
            {"name": " "},
            {"default_readers": ("everyone",)},
            {"include": ("",)},
            {"exclude": ("a\\b",)},
            {"max_bytes": 0},
            {"parse_seconds": 0.0},
        ],
    )
    def test_unusable_values_are_refused(self, root: Path, bad: dict[str, object]):
        with pytest.raises(ConfigError):
            Folder(**{"name": "docs", "path": root, **bad})  # type: ignore[arg-type]

    def test_a_rule_with_an_unknown_token_is_refused(self):
        with pytest.raises(ConfigError, match="rule 'a'.*'legal' is unknown"):
            AccessRule(match="a", readers=("legal",))

    @pytest.mark.parametrize(
        "changed",
        [{"default_readers": ("public",)}, {"rules": (AccessRule(match="a"),)}, {"max_bytes": 1}, {"path": Path("/x")}],
    )
    def test_fingerprint_follows_settings_that_alter_documents(self, folder: Folder, changed: dict[str, object]):
        settings = {"name": folder.name, "path": folder.path, **changed}
        assert Folder(**settings).fingerprint != folder.fingerprint  # type: ignore[arg-type]

    def test_fingerprint_ignores_what_only_selects(self, folder: Folder):
        same = Folder(name="docs", path=folder.path, include=("**/*.md",), exclude=("x",))
        assert same.fingerprint == folder.fingerprint
