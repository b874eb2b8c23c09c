import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from hybrid.errors import ConfigError, ReadError, SourceError
from hybrid.testing.connectors import ConnectorContract
from hybrid_connectors.sql import Sql

QUERY = "SELECT id, body AS text, title, updated, readers AS access FROM article WHERE body NOT LIKE '%:draft:%';"


class Store:
    """A real SQLite database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"
        self.run(
            "CREATE TABLE article (id, body TEXT, title TEXT, updated TEXT, readers TEXT, score NUMERIC, url TEXT)"
        )

    def run(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement, values)

    def add(self, key: object, body: str | None, **columns: object) -> None:
        names = ", ".join(["id", "body", *columns])
        marks = ", ".join("?" * (len(columns) + 2))
        self.run(f"INSERT INTO article ({names}) VALUES ({marks})", key, body, *columns.values())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "articles.db")


def source(store: Store, query: str = QUERY, **settings: Any) -> Sql:
    return Sql(name="articles", url=store.url, query=query, **settings)


def states(connector: Sql) -> dict[str, str]:
    return {entry.path: entry.state for entry in connector.list().entries}


def documents(connector: Sql):
    return {entry.path: connector.read(entry) for entry in connector.list().entries}


class TestSqlContract(ConnectorContract):
    @pytest.fixture(params=[QUERY, "SELECT id, body AS text, url, score FROM article ORDER BY id DESC"])
    def connector(self, store: Store, request: pytest.FixtureRequest) -> Sql:
        store.add(1, "One\r\ntwo", title="T", updated="2025-01-01", readers='["public"]')
        store.add("../a", "Text", score=2.5, readers="user:ana\ngroup:legal")
        store.add(" b/c", "Text", url="https://example.org")
        return source(store, request.param, default_readers=("group:staff",))


def test_columns_become_fields(store: Store):
    query = "SELECT id, body AS text, title, readers AS access, score, url, '2025-01-01' AS valid_from FROM article"
    store.add(1, "One", title="T", readers='["public", "user:ana"]', score=2, url="https://example.org/1")
    store.add(2, "Two", readers="group:legal\n\n user:bob ")
    store.add(3, "Three", readers=None)
    store.add(4, "Four", readers="")
    found = documents(source(store, query, default_readers=("group:staff",)))
    assert found["1"].access.readers == ("public", "user:ana")
    assert found["2"].access.readers == ("group:legal", "user:bob")
    assert found["3"].access.readers == found["4"].access.readers == (), "NULL names nobody, default or not"
    assert found["1"].title == "T"
    assert found["1"].uri == "https://example.org/1"
    assert found["2"].uri == "sql:articles/2"
    assert found["1"].metadata == {"score": 2, "url": "https://example.org/1"}
    assert found["1"].valid_from is not None


def test_default_readers_hold_where_the_query_has_no_access(store: Store):
    store.add(1, "One")
    found = documents(source(store, "SELECT id, body AS text FROM article", default_readers=("group:staff",)))
    assert found["1"].access.readers == ("group:staff",)


def test_state_follows_updated_and_access_and_else_the_row(store: Store):
    store.add(1, "dated", updated="2025-01-01", readers="public")
    store.add(2, "undated")
    connector = source(store)
    first = states(connector)
    store.run("UPDATE article SET body = 'changed'")
    second = states(connector)
    assert second["1"] == first["1"], "updated says that nothing changed"
    assert second["2"] != first["2"]
    store.run("UPDATE article SET readers = 'user:ana' WHERE id = 1")
    third = states(connector)
    assert third["1"] != second["1"], "a revoked right counts although updated stayed"
    store.run("UPDATE article SET updated = '2025-02-02' WHERE id = 1")
    assert states(connector)["1"] != third["1"]


def test_nothing_can_be_written(store: Store):
    store.add(1, "One")
    with pytest.raises(ConfigError, match="must begin with SELECT"):
        source(store, "DELETE FROM article")
    for query in (
        "WITH gone AS (DELETE FROM article RETURNING *) SELECT * FROM gone",
        "SELECT 1 AS id; DELETE FROM article",
    ):
        with pytest.raises(SourceError, match="OperationalError|ProgrammingError|Warning"):
            source(store, query).list()
    assert list(states(source(store))) == ["1"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT id, body FROM article", r"the query has columns id, body; name text with AS"),
        ("SELECT body FROM article", r"the query has columns body; name id and text with AS"),
        ("SELECT * FROM nowhere", r"OperationalError: no such table: nowhere"),
        ("SELECT NULL AS id, 'x' AS text", r"a row has no id"),
        ("SELECT 1 AS id, 'x' AS text UNION ALL SELECT 1, 'y'", r"id '1' occurs twice"),
    ],
)
def test_a_query_that_cannot_be_listed_whole_is_a_source_error(store: Store, query: str, message: str):
    with pytest.raises(SourceError, match=f"^source 'articles': {message}.*nothing was removed") as raised:
        source(store, query).list()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("body", "readers", "message"),
    [
        (None, None, "bad: is empty"),
        (" ", None, "bad: is empty"),
        ("x", "[broken", "bad: access: begins like a JSON list but is none"),
        ("x", "everyone", "bad: access: access token 'everyone'"),
        ("x", '[["public"]]', "bad: access: access token"),
        ("x", 7, "bad: access: access token '7'"),
        ("a\0b", None, "bad: holds NUL"),
    ],
)
def test_one_bad_row_does_not_stop_the_others(store: Store, body: str | None, readers: object, message: str):
    store.add("bad", body, readers=readers)
    store.add("good", "Text")
    connector = source(store, "SELECT id, body AS text, readers AS access FROM article")
    bad, good = connector.list().entries
    with pytest.raises(ReadError, match=message):
        connector.read(bad)
    assert connector.read(good).text == "Text"


def test_a_row_that_vanished_is_reported(store: Store):
    store.add(1, "One")
    connector = source(store)
    entry = connector.list().entries[0]
    store.run("DELETE FROM article")
    with pytest.raises(ReadError, match="^1: the row is gone"):
        connector.read(entry)


class TestUrl:
    def test_comes_from_the_environment(self, store: Store, monkeypatch: pytest.MonkeyPatch):
        store.add(1, "One")
        table = {"name": "articles", "url_env": "ARTICLES_URL", "query": QUERY}
        with pytest.raises(SourceError, match="environment variable ARTICLES_URL is not set"):
            TypeAdapter(Sql).validate_python(table).list()
        monkeypatch.setenv("ARTICLES_URL", store.url)
        assert list(states(TypeAdapter(Sql).validate_python(table))) == ["1"]

    @pytest.mark.parametrize("urls", [{}, {"url": "sqlite://", "url_env": "X"}])
    def test_exactly_one_is_given(self, urls: dict[str, str]):
        with pytest.raises(ConfigError, match="either url or url_env"):
            Sql(name="articles", query=QUERY, **urls)

    @pytest.mark.parametrize(
        "url",
        [
            "hunter2",
            "nodialect://user:hunter2@host/db",
            "sqlite+nodriver://user:hunter2@/db",
            "sqlite:////nonexistent/hunter2x/../secret.db",
        ],
    )
    def test_password_never_shows(self, url: str):
        connector = Sql(name="articles", url=url, query=QUERY)
        with pytest.raises((SourceError, ConfigError)) as raised:
            connector.list()
        for shown in (str(raised.value), repr(connector), connector.fingerprint):
            assert ":hunter2" not in shown

    def test_a_driver_that_repeats_the_password_is_masked(self, monkeypatch: pytest.MonkeyPatch):
        from sqlalchemy.dialects import registry
        from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

        class Talkative(SQLiteDialect_pysqlite):
            supports_statement_cache = True

            def create_connect_args(self, url: Any):
                return [str(url.database)], {}

            def connect(self, *arguments: Any, **options: Any):
                raise sqlite3.OperationalError("login of user:hunter2 failed")

        monkeypatch.setitem(registry.impls, "talkative", lambda: Talkative)
        with pytest.raises(SourceError, match="login of user:\\*\\*\\* failed") as raised:
            Sql(name="articles", url="talkative://user:hunter2@host/db", query=QUERY).list()
        assert "hunter2" not in str(raised.value)

    def test_a_mistyped_file_is_not_created(self, tmp_path: Path):
        with pytest.raises(SourceError, match="typo.db' does not exist"):
            Sql(name="articles", url=f"sqlite:///{tmp_path / 'typo.db'}", query=QUERY).list()
        assert not (tmp_path / "typo.db").exists()

    def test_another_url_is_the_same_source(self):
        one = Sql(name="articles", url="sqlite:///a.db", query=QUERY)
        other = Sql(name="articles", url="sqlite:///b.db", query=QUERY)
        assert one.fingerprint == other.fingerprint


def test_importing_the_connector_loads_no_sqlalchemy():
    program = "import sys, hybrid_connectors.sql; print('sqlalchemy' in sys.modules)"
    search = ":".join(entry for entry in sys.path if entry)
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": search}, capture_output=True, text=True)
    assert done.stdout == "False\n"
