"""Users and groups as an identity provider has written them, in an SQLite file."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hybrid.errors import StorageError

Kind = Literal["User", "Group"]
"""What an entry is, as SCIM names it."""

Key = Literal["id", "name", "external_id"]
"""What an entry can be looked up by."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL, name TEXT NOT NULL, external_id TEXT,
    active INTEGER NOT NULL, body TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS entry_by_name ON entry (kind, name);
CREATE INDEX IF NOT EXISTS entry_by_external_id ON entry (kind, external_id);
CREATE TABLE IF NOT EXISTS member (
    group_id TEXT NOT NULL REFERENCES entry (id), member_id TEXT NOT NULL, PRIMARY KEY (group_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS member_by_member ON member (member_id);
CREATE TABLE IF NOT EXISTS gone (id TEXT NOT NULL, name TEXT NOT NULL, external_id TEXT) STRICT;
CREATE INDEX IF NOT EXISTS gone_by_name ON gone (name);
"""
_ENTRY = "id, label, external_id, body, created, modified"
_GROUPS = """
WITH RECURSIVE over (id) AS (
    SELECT group_id FROM member WHERE member_id = ?
    UNION SELECT member.group_id FROM member JOIN over ON member.member_id = over.id
) SELECT entry.id, entry.label, entry.external_id FROM over JOIN entry USING (id) ORDER BY entry.label
"""


class Taken(Exception):
    """Another user or group has this name."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is to be kept of a user or group."""

    label: str
    """``userName`` or ``displayName``; no other of its kind may have it, whatever the case of its letters."""

    external_id: str | None
    """The identity provider's own id."""

    active: bool
    """Whether a user may sign in; True for groups."""

    body: dict[str, Any]
    """The resource as JSON, without id and metadata."""

    members: Sequence[str]
    """Ids of a group's members, which may be groups."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A user or group as it is kept."""

    id: str
    """Its id here, for ever."""

    label: str
    """``userName`` or ``displayName``."""

    external_id: str | None
    """The identity provider's own id."""

    body: dict[str, Any]
    """The resource as JSON, without id and metadata."""

    created: float
    """When it was made, in seconds since 1970."""

    modified: float
    """When it was last changed."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A group that somebody is in."""

    id: str
    """Id of the group."""

    label: str
    """Its ``displayName``."""

    external_id: str | None
    """The identity provider's own id of it."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """How somebody stands in the directory."""

    active: bool
    """Whether they may sign in; False too for whoever was deleted."""

    groups: tuple[Member, ...]
    """Groups that they are in, also through other groups."""


class Directory:
    """Keeps users and groups. Any number of threads may use it; a change counts when its call has returned.

    Args:
        folder: Where ``directory.sqlite3`` is; made when absent, for its owner alone.
        clock: Seconds since 1970.

    Raises:
        StorageError: The folder cannot be used.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._guard = threading.RLock()
        self._reading = threading.Lock()
        file = folder / "directory.sqlite3"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = _connected(file)
            self._connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {_SCHEMA}")
            # Sign-in reads over a connection of its own, so that it never waits for a long change.
            self._reader = _connected(file)
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"{str(file)!r} cannot hold the directory: {error}; mend [server] data") from None

    def add(self, kind: Kind, draft: Draft) -> Entry:
        """Keep a new user or group.

        Raises:
            Taken: There is one of this name.
        """
        id_, now = str(uuid.uuid4()), self._clock()
        row = (id_, kind, draft.label, _folded(draft.label), draft.external_id, draft.active, _text(draft.body), now)
        with self._guard, self._connection:
            self._changed("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, now))
            # Who comes back under the same name is let in again.
            self._connection.execute("DELETE FROM gone WHERE name = ?", (_folded(draft.label),))
            self._set_members(id_, draft.members)
        return self._known(kind, id_)

    def change(self, kind: Kind, id_: str, become: Callable[[Entry], Draft]) -> Entry | None:
        """Change a user or group to what a function makes of it; None where there is none.

        Raises:
            Taken: Another has the new name.
        """
        with self._guard, self._connection:
            if (entry := self.get(kind, id_)) is None:
                return None
            draft = become(entry)
            if kind == "User":
                self._leave_old_names(entry, draft)
            row = (draft.label, _folded(draft.label), draft.external_id, draft.active, _text(draft.body))
            self._changed(
                "UPDATE entry SET label = ?, name = ?, external_id = ?, active = ?, body = ?, modified = ?"
                " WHERE id = ?",
                (*row, self._clock(), id_),
            )
            self._set_members(id_, draft.members)
        return self._known(kind, id_)

    def _leave_old_names(self, entry: Entry, draft: Draft) -> None:
        """Remember what a user is not called any more: a key of the old name would outlive the user otherwise."""
        before, after = (_folded(entry.label), entry.external_id), (_folded(draft.label), draft.external_id)
        if before != after:
            # Whoever takes such a name is found before it is.
            self._connection.execute("INSERT INTO gone VALUES (?, ?, ?)", (entry.id, *before))

    def remove(self, kind: Kind, id_: str) -> bool:
        """Forget a user or group and take it from its groups; False where there is none."""
        with self._guard, self._connection:
            if self.get(kind, id_) is None:
                return False
            if kind == "User":
                self._connection.execute(
                    "INSERT INTO gone SELECT id, name, external_id FROM entry WHERE id = ?", (id_,)
                )
            for (group_id,) in self._rows("SELECT group_id FROM member WHERE member_id = ?", (id_,)):
                body = self._known("Group", group_id).body
                body["members"] = [each for each in body.get("members", []) if each.get("value") != id_]
                self._connection.execute("UPDATE entry SET body = ? WHERE id = ?", (_text(body), group_id))
            self._connection.execute("DELETE FROM member WHERE member_id = ? OR group_id = ?", (id_, id_))
            self._connection.execute("DELETE FROM entry WHERE id = ?", (id_,))
        return True

    def get(self, kind: Kind, id_: str) -> Entry | None:
        """Return a user or group, or None where there is none."""
        found = self.find(kind, "id", id_)
        return found[0] if found else None

    def find(self, kind: Kind, key: Key, value: str) -> list[Entry]:
        """Return those of which a key has this value; names whatever the case of their letters."""
        value = _folded(value) if key == "name" else value
        return self._entries(f"WHERE kind = ? AND {key} = ?", (kind, value))

    def page(self, kind: Kind, *, start: int = 0, count: int = -1) -> list[Entry]:
        """Return users or groups in the order in which they came, all of them without a count."""
        return self._entries("WHERE kind = ? ORDER BY rowid LIMIT ? OFFSET ?", (kind, count, start))

    def number(self, kind: Kind) -> int:
        """Return how many users or groups there are."""
        return self._rows("SELECT count(*) FROM entry WHERE kind = ?", (kind,))[0][0]

    def groups_of(self, id_: str) -> tuple[Member, ...]:
        """Return the groups that a user or group is in, also through other groups."""
        return tuple(
            Member(id=id_, label=label, external_id=other) for id_, label, other in self._rows(_GROUPS, (id_,))
        )

    def person(self, key: Key, value: str) -> Person | None:
        """Return how somebody stands, or None where the directory never knew them.

        Where more than one have this value nobody can tell who is meant, so that they count as not active.
        """
        value = _folded(value) if key == "name" else value
        with self._reading:
            found = self._reader.execute(
                f"SELECT id, active FROM entry WHERE kind = 'User' AND {key} = ?", (value,)
            ).fetchall()
            if not found:
                gone = self._reader.execute(f"SELECT 1 FROM gone WHERE {key} = ?", (value,)).fetchone()
                return Person(active=False, groups=()) if gone else None
            if len(found) > 1 or not found[0][1]:
                return Person(active=False, groups=())
            groups = self._reader.execute(_GROUPS, (found[0][0],)).fetchall()
        named = (Member(id=id_, label=label, external_id=other) for id_, label, other in groups)
        return Person(active=True, groups=tuple(named))

    def close(self) -> None:
        """Release the file; a second time does nothing."""
        with self._guard, self._reading:
            self._connection.close()
            self._reader.close()

    def _known(self, kind: Kind, id_: str) -> Entry:
        return self.find(kind, "id", id_)[0]

    def _entries(self, where: str, parameters: Sequence[object]) -> list[Entry]:
        return [
            Entry(id=id_, label=label, external_id=other, body=json.loads(body), created=created, modified=modified)
            for id_, label, other, body, created, modified in self._rows(
                f"SELECT {_ENTRY} FROM entry {where}", parameters
            )
        ]

    def _rows(self, query: str, parameters: Sequence[object]) -> list[Any]:
        with self._guard, closing(self._connection.execute(query, parameters)) as cursor:
            return cursor.fetchall()

    def _changed(self, statement: str, row: Sequence[object]) -> None:
        try:
            self._connection.execute(statement, row)
        except sqlite3.IntegrityError:
            raise Taken from None

    def _set_members(self, id_: str, members: Sequence[str]) -> None:
        self._connection.execute("DELETE FROM member WHERE group_id = ?", (id_,))
        self._connection.executemany("INSERT OR IGNORE INTO member VALUES (?, ?)", [(id_, each) for each in members])


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, check_same_thread=False)
    connection.execute("PRAGMA busy_timeout=5000")
    return connection


def _folded(name: str) -> str:
    return name.casefold()


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False)
