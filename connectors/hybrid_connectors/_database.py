"""A query against a database: opened to read only, and silent about its password."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hybrid.errors import ConfigError, MissingExtraError, SourceError

try:
    import sqlalchemy as sa
    from sqlalchemy import event
    from sqlalchemy.exc import SQLAlchemyError
except ImportError as error:
    raise MissingExtraError(feature="the Sql connector", extra="server") from error

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select, Subquery

_READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}

Row = Mapping[str, Any]
"""Values by column name."""


class Database:
    """Rows of one query, each with an ``id``."""

    def __init__(self, url: str, query: str) -> None:
        try:
            self._url = sa.make_url(url)
            self._engine = sa.create_engine(self._url, hide_parameters=True)
        except (SQLAlchemyError, ImportError) as error:
            raise ConfigError(
                f"the database's url is not usable ({type(error).__name__}); write it as "
                "dialect+driver://user:password@host/database and install the driver"
            ) from error
        self._table: Subquery | None = None
        # Nothing is bound in the query, so that its colons are ordinary characters.
        self._query = query.strip().rstrip(";").replace(":", "\\:")
        if statement := _READ_ONLY.get(self._url.get_backend_name()):
            event.listen(self._engine, "connect", _runs(statement))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def rows(self) -> Iterator[Row]:
        """Yield every row, without its text where ``updated`` tells whether the text changed.

        Raises:
            SourceError: The database or the query fails, or a needed column is missing.
        """
        with self._connected() as connection:
            table = self._table = self._named(connection)
            if "updated" not in table.c:
                yield from _streamed(connection, sa.select(table))
                return
            light = [column for column in table.c if column.name != "text"]
            yield from _streamed(connection, sa.select(*light).where(table.c.updated.is_not(None)))
            yield from _streamed(connection, sa.select(table).where(table.c.updated.is_(None)))

    def row(self, key: object) -> Row | None:
        """Return the whole row with this id; None if there is none any more.

        Raises:
            SourceError: The database or the query fails.
        """
        with self._connected() as connection:
            table = self._table = self._table if self._table is not None else self._named(connection)
            return next(_streamed(connection, sa.select(table).where(table.c.id == key)), None)

    def _named(self, connection: Connection) -> Subquery:
        unnamed = sa.text(self._query).columns().subquery("documents")
        everything = cast("Any", sa.literal_column("*"))
        probe: Select[Any] = sa.select(everything).select_from(unnamed).where(sa.false())
        names = list(connection.execute(probe).keys())
        missing = [name for name in ("id", "text") if name not in names]
        if missing:
            raise SourceError(f"the query has columns {', '.join(names)}; name {' and '.join(missing)} with AS")
        columns: list[Any] = [sa.column(name) for name in names]
        return sa.text(self._query).columns(*columns).subquery("documents")

    @contextmanager
    def _connected(self) -> Generator[Connection]:
        file = self._url.database
        named = self._url.get_backend_name() == "sqlite" and file and not file.startswith(("file:", ":"))
        # SQLite would make an empty database of a mistyped name.
        if named and not Path(str(file)).is_file():
            raise SourceError(f"database file {file!r} does not exist")
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise SourceError(self._reason(error)) from error

    def _reason(self, error: SQLAlchemyError) -> str:
        cause = getattr(error, "orig", None) or error
        said = str(cause).strip().partition("\n")[0][:200]
        for secret in (self._url.password, self._url.render_as_string(hide_password=False)):
            said = said.replace(str(secret), "***") if secret else said
        return f"{type(cause).__name__}: {said}"


def _streamed(connection: Connection, statement: Select[Any]) -> Iterator[Row]:
    result = connection.execution_options(stream_results=True).execute(statement)
    for row in result.mappings():
        yield dict(row)


def _runs(statement: str) -> Callable[[Any, Any], None]:
    def run(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.commit()

    return run
