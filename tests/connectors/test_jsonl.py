import gzip
import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from hybrid.errors import ParseError, ReadError, SourceError
from hybrid.protocols import Entry
from hybrid.testing.connectors import ConnectorContract
from hybrid_connectors._keys import path_of_key
from hybrid_connectors.jsonl import Jsonl

ROWS = [
    {"id": "a", "text": "First\r\ntext", "title": "A", "access": ["public"], "metadata": {"year": 2024}},
    {"id": "b/c", "text": "Second", "owner": "ana", "url": "https://example.org/b"},
    {"id": 3, "text": "Third: ü", "deny": ["user:bob"], "valid_from": "2025-01-01"},
]


def write(file: Path, rows: list[object]) -> Path:
    lines = b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)
    file.write_bytes(gzip.compress(lines) if file.suffix == ".gz" else lines)
    return file


def read_all(source: Jsonl):
    return {entry.path: source.read(entry) for entry in source.list().entries}


class TestJsonlContract(ConnectorContract):
    @pytest.fixture(params=["rows.jsonl", "rows.jsonl.gz"])
    def connector(self, tmp_path: Path, request: pytest.FixtureRequest) -> Jsonl:
        return Jsonl(name="rows", path=write(tmp_path / request.param, ROWS), default_readers=("group:staff",))


@pytest.mark.parametrize("name", ["corpus.jsonl", "corpus.jsonl.gz"])
def test_reads_the_folder_shape_of_beir(tmp_path: Path, name: str):
    write(
        tmp_path / name,
        [{"_id": "1", "title": "T", "text": "Body", "metadata": {}}, {"_id": "2", "title": "Only", "text": ""}],
    )
    documents = read_all(Jsonl(name="beir", path=tmp_path))
    assert {path: (d.title, d.text) for path, d in documents.items()} == {"1": ("T", "Body"), "2": ("Only", "Only")}


def test_fields_mean_what_they_mean_in_front_matter(tmp_path: Path):
    documents = read_all(Jsonl(name="rows", path=write(tmp_path / "r.jsonl", ROWS), default_readers=("group:staff",)))
    assert documents["a"].text == "First\ntext"
    assert documents["a"].access.readers == ("public",)
    assert documents["a"].metadata == {"year": 2024}
    assert documents["b/c"].access.readers == ("group:staff",)
    assert documents["b/c"].uri == "https://example.org/b"
    assert (documents["b/c"].title, documents["b/c"].title_in_text) == ("c", False)
    assert documents["3"].access.denied == ("user:bob",)
    assert documents["3"].valid_from is not None
    assert documents["3"].uri == (tmp_path / "r.jsonl").as_uri() + "#3"


def test_field_names_can_be_set(tmp_path: Path):
    file = write(tmp_path / "r.jsonl", [{"key": "k", "body": "B", "name": "N", "acl": ["public"], "more": {"x": 1}}])
    table = {
        "name": "rows", "path": str(file), "id_field": "key", "text_field": "body", "title_field": "name",
        "access_field": "acl", "metadata_field": "more",
    }  # fmt: skip
    document = read_all(TypeAdapter(Jsonl).validate_python(table))["k"]
    assert (document.text, document.title, document.access.readers) == ("B", "N", ("public",))
    assert document.metadata == {"x": 1}


def test_a_line_that_moves_keeps_its_state_and_is_read_where_it_is_now(tmp_path: Path):
    source = Jsonl(name="rows", path=write(tmp_path / "r.jsonl", ROWS))
    before = {entry.path: entry.state for entry in source.list().entries}
    write(tmp_path / "r.jsonl", [{"id": "new", "text": "New"}, *reversed(ROWS)])
    after = {entry.path: entry.state for entry in source.list().entries}
    assert {path: after[path] for path in before} == before
    assert source.read(Entry(path="a", state=before["a"])).text == "First\ntext"


def test_a_file_changed_after_the_listing_is_not_read_as_another_line(tmp_path: Path):
    source = Jsonl(name="rows", path=write(tmp_path / "r.jsonl", ROWS))
    entry = source.list().entries[1]
    write(tmp_path / "r.jsonl", [{"id": "x", "text": "Something of quite another length"}, *ROWS])
    with pytest.raises(ReadError, match=r"r\.jsonl:2: changed since it was listed"):
        source.read(entry)


def test_reading_does_not_read_the_file_from_its_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rows = [{"id": str(n), "text": f"text {n} " + "x" * 1000} for n in range(200)]
    source = Jsonl(name="rows", path=write(tmp_path / "r.jsonl", rows))
    entries = source.list().entries
    parsed: list[int] = []
    loads = json.loads
    monkeypatch.setattr(json, "loads", lambda data, **options: parsed.append(len(data)) or loads(data, **options))
    assert source.read(entries[150]).text.startswith("text 150")
    assert len(parsed) == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([ROWS[0], ROWS[1], {"id": "a", "text": "x"}], r"r\.jsonl:3: id 'a' is already the id of line 1"),
        ([ROWS[0], b'{"id": "x", '], r"r\.jsonl:2: is not a JSON object \("),
        ([ROWS[0], b'["x"]'], r"r\.jsonl:2: is not a JSON object but a list"),
        ([b'{"id": "\xff"}'], r"r\.jsonl:1: is not a JSON object \(.*utf-8"),
        ([b'{"id": "x", "access": [], "access": ["public"]}'], r"r\.jsonl:1: .*named twice"),
        ([b"[" * 100_000], r"r\.jsonl:1: is not a JSON object"),
        ([{"text": "x"}], r"r\.jsonl:1: has no id; .*'_id or id'"),
        ([{"id": "", "text": "x"}], r"r\.jsonl:1: has no id"),
        ([{"id": True, "text": "x"}], r"r\.jsonl:1: has no id"),
        ([ROWS[0], {"id": "x", "text": "y" * 300_000}], r"r\.jsonl:2: is longer than 200,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_listed_whole_is_a_source_error(tmp_path: Path, rows: list[object], message: str):
    source = Jsonl(name="rows", path=write(tmp_path / "r.jsonl", rows), max_bytes=200_000)
    with pytest.raises(SourceError, match=message) as raised:
        source.list()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "content", [None, b"\x1f\x8b\x08 damaged", gzip.compress(b'{"id": 1, "text": "x"}\n' * 9)[:-12]]
)
def test_a_missing_or_damaged_file_is_a_source_error(tmp_path: Path, content: bytes | None):
    file = tmp_path / "r.jsonl.gz"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SourceError, match=r"r\.jsonl\.gz.*nothing was removed|already the id"):
        Jsonl(name="rows", path=file).list()


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        ({"id": "x"}, ParseError, "x: is empty"),
        ({"id": "x", "text": " "}, ParseError, "x: is empty"),
        ({"id": "x", "text": ["a"]}, ParseError, r"r\.jsonl:1: text is a list"),
        ({"id": "x", "text": "a\u0000b"}, ParseError, "x: holds NUL"),
        ({"id": "x", "text": "a\ud800b"}, ParseError, "x: character 1 is a lone surrogate"),
        ({"id": "x", "text": "a", "access": "public"}, ReadError, r"r\.jsonl:1: access must be a list"),
        ({"id": "x", "text": "a", "access": None}, ReadError, r"r\.jsonl:1: access must be a list"),
        ({"id": "x", "text": "a", "access": ["everyone"]}, ReadError, r"r\.jsonl:1: access: .*unknown"),
        ({"id": "x", "text": "a", "metadata": {"Access": ["public"]}}, ReadError, "write 'access'"),
    ],
)
def test_one_bad_line_does_not_stop_the_others(
    tmp_path: Path, row: dict[str, object], error: type[ReadError], message: str
):
    source = Jsonl(name="rows", path=write(tmp_path / "r.jsonl", [row, ROWS[0]]))
    bad, good = source.list().entries
    with pytest.raises(error, match=message):
        source.read(bad)
    assert source.read(good).title == "A"


def test_a_number_of_any_length_is_no_reason_to_stop(tmp_path: Path):
    digits = "9" * 5_000
    source = Jsonl(
        name="rows", path=write(tmp_path / "r.jsonl", [b'{"id": 1, "text": "x", "n": %s}' % digits.encode()])
    )
    (entry,) = source.list().entries
    assert source.read(entry).metadata == {"n": digits}


def test_keys_that_differ_give_paths_that_differ():
    keys = ["a", "/a", "%2Fa", "../a", "./a", ".a", "a/..", "a\\b", "a%5Cb", "a\nb", "https://x.org/a?b=c#d", "ü 1"]
    paths = [path_of_key(key) for key in keys]
    assert len(set(paths)) == len(keys)
    assert all(path.isprintable() and not path.startswith("/") and ".." not in path.split("/") for path in paths)
    assert path_of_key("https://x.org/a?b=c#d") == "https://x.org/a?b=c#d"
