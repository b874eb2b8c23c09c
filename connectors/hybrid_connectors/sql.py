"""Documents in a database: one row of a query is one document."""

from __future__ import annotations

import hashlib
import json
import os
import re
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, cast
from urllib.parse import quote
from uuid import UUID

from hybrid.errors import ConfigError, ReadError, SourceError
from hybrid.protocols import Entry, Listing
from hybrid.types import Document
from hybrid_connectors._keys import path_of_key
from hybrid_connectors._records import record_content
from hybrid_connectors._settings import SourceSettings

if TYPE_CHECKING:
    from hybrid_connectors._database import Database, Row

_READS = re.compile(r"\s*(?:select|with|values|table)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Sql(SourceSettings):
    """Rows of a query with the columns ``id`` and ``text``; name other columns so with ``AS``.

    ``title``, ``access``, ``deny``, ``tenant``, ``valid_from``, ``valid_until``, ``media_type`` and ``url`` have their
    meaning where the query names them; all other columns are metadata. ``access`` and ``deny`` hold a JSON list or one
    token per line; a row whose ``access`` is NULL names nobody. With a column ``updated``, which must change whenever
    the text does, a listing fetches no texts.

    Example:
        >>> articles = Sql(
        ...     name="articles",
        ...     url_env="ARTICLES_URL",
        ...     query="SELECT id, body AS text, headline AS title, updated, readers AS access FROM article",
        ... )
    """

    query: str
    """One SELECT, without parameters; it is wrapped, so it can end in no semicolon and change nothing."""

    url: str | None = field(default=None, repr=False)
    """SQLAlchemy URL; use ``url_env`` where it holds a password."""

    url_env: str | None = None
    """Name of the environment variable that holds the URL."""

    def __post_init__(self) -> None:
        """Refuse a query that does not read, and two urls or none."""
        super().__post_init__()
        if (self.url is None) == (self.url_env is None):
            raise ConfigError(f"source {self.name!r}: give either url or url_env, the variable that holds it")
        if not _READS.match(self.query):
            raise ConfigError(f"source {self.name!r}: the query must begin with SELECT or WITH; it may only read")

    @property
    def fingerprint(self) -> str:
        """Changes when a setting changes that can alter documents; another server or password does not."""
        return self._fingerprint(self.query)

    def list(self, cursor: str | None = None) -> Listing:
        """Return every row's document, in the query's order.

        Raises:
            SourceError: The database cannot be reached, the query fails, or a row has no id of its own.
        """
        entries: dict[str, Entry] = {}
        keys: dict[str, object] = {}
        try:
            for row in self._database.rows():
                path = _path(row["id"])
                if path in entries:
                    raise SourceError(f"id {path!r} occurs twice; the query must give each document one row")
                entries[path], keys[path] = Entry(path=path, state=_state(row)), row["id"]
        except SourceError as error:
            raise SourceError(
                f"source {self.name!r}: {error}; nothing was removed because of it, check the database and the query"
            ) from error
        self._keys.clear()
        self._keys.update(keys)
        return Listing(entries=tuple(entries.values()))

    def read(self, entry: Entry) -> Document:
        """Return one row's document.

        Raises:
            ReadError: There is no such row, the database cannot be reached, or the row's fields are unusable.
        """
        if not self._keys:
            self.list()
        if entry.path not in self._keys:
            raise ReadError(f"{entry.path}: is not a document of source {self.name!r}; read only paths of its listing")
        try:
            found = self._database.row(self._keys[entry.path])
        except SourceError as error:
            raise ReadError(f"{entry.path}: cannot be read ({error}); sync again") from error
        if found is None:
            raise ReadError(f"{entry.path}: the row is gone since it was listed; sync again")
        values = {name: _plain(value) for name, value in found.items() if name not in ("id", "text")}
        for name in ("access", "deny"):
            if name in values:
                values[name] = _tokens(values[name], f"{entry.path}: {name}")
        content = record_content(entry.path, found["text"], values, entry.path)
        url = values.get("url")
        return self._document(
            entry.path, url if isinstance(url, str) and url else f"sql:{quote(self.name)}/{quote(entry.path)}", content
        )

    @cached_property
    def _database(self) -> Database:
        from hybrid_connectors._database import Database

        url = self.url if self.url_env is None else os.environ.get(self.url_env)
        if not url:
            raise SourceError(f"environment variable {self.url_env} is not set")
        try:
            database = Database(url, self.query)
        except ConfigError as error:
            raise ConfigError(f"source {self.name!r}: {error}") from error
        weakref.finalize(self, database.close)
        return database

    @cached_property
    def _keys(self) -> dict[str, object]:
        return {}


def _path(key: object) -> str:
    if key is None or str(key).strip() == "":
        raise SourceError("a row has no id; the query must give each document one")
    return path_of_key(str(key))


def _state(row: Row) -> str:
    shown = repr([(name, _plain(value)) for name, value in sorted(row.items())])
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()


def _tokens(value: object, where: str) -> Sequence[object]:
    if value is None or isinstance(value, list | tuple):
        return cast("Sequence[object]", value or ())
    if not isinstance(value, str):
        raise ReadError(f"{where}: must be a JSON list or one token per line, got {type(value).__name__}")
    if not value.lstrip().startswith("["):
        return [line.strip() for line in value.splitlines() if line.strip()]
    try:
        return cast("list[object]", json.loads(value))
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{where}: begins like a JSON list but is none; correct the column") from error


def _plain(value: object) -> object:
    """Database types as what metadata may hold."""
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, UUID):
        return str(value)
    return value
