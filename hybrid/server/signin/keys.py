"""API keys: long random texts, of which a file holds the hashes."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import HTTPConnection

from hybrid.errors import ConfigError
from hybrid.server.faults import SignInError, Unavailable
from hybrid.server.identity import Identity
from hybrid.server.signin.credentials import bearer_of
from hybrid.types import Principal

PREFIX = "hyb_"
"""How every key begins, so that a scanner for secrets finds one that was published."""


class KeyRecord(BaseModel):
    """One key as the file holds it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """What it is for."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Hash of the key. A key has 256 random bits, so that no slow hash is needed to keep it from being guessed."""

    user: str
    """User on whose behalf it reads."""

    groups: tuple[str, ...] = ()
    """Groups of that user."""

    tenant: str = ""
    """Tenant of that user."""

    expires: AwareDatetime | None = None
    """When it ends; None is never."""


_RECORDS = TypeAdapter(tuple[KeyRecord, ...])


def new_key(name: str, *, user: str, groups: tuple[str, ...] = (), tenant: str = "") -> tuple[str, KeyRecord]:
    """Return a new key, to be shown once, and what the file holds of it."""
    key = PREFIX + secrets.token_urlsafe(32)
    return key, KeyRecord(name=name, sha256=_hash(key), user=user, groups=groups, tenant=tenant)


def load_keys(path: Path) -> tuple[KeyRecord, ...]:
    """Return the keys of a file.

    Raises:
        ConfigError: It is absent or no such file.
    """
    try:
        return _RECORDS.validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error.strerror}; mend [server] api_keys") from None
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "file"
        raise ConfigError(f"{path.name}: {where}: {fault['msg'].lower()}; write it with: hybrid keys add") from None


def save_keys(path: Path, records: tuple[KeyRecord, ...]) -> None:
    """Write the keys of a file, readable for its owner alone, whole or not at all."""
    beside = path.with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps([record.model_dump(mode="json") for record in records], indent=2) + "\n", "utf-8")
    beside.replace(path)


class KeySignIn:
    """Takes API keys as bearer tokens; a change of the file counts at the next request.

    Args:
        path: File of the keys.
        clock: The time.

    Raises:
        ConfigError: The file cannot be read.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._state = self._stamp()
        self._records = load_keys(path)

    async def sign_in(self, connection: HTTPConnection) -> Identity | None:
        """Return on whose behalf a key reads, or None where there is none.

        Raises:
            SignInError: It is unknown or has expired.
            Unavailable: The file can no longer be read.
        """
        token = bearer_of(connection)
        if token is None or not token.startswith(PREFIX):
            return None
        record = self._found(_hash(token))
        if record is None or (record.expires and record.expires <= datetime.fromtimestamp(self._clock(), UTC)):
            raise SignInError("the API key is unknown or has expired; ask your operator for another")
        principal = Principal(user=record.user, groups=frozenset(record.groups), tenant=record.tenant)
        return Identity(principal=principal, method="key", key=f"key:{record.name}")

    def _found(self, sha256: str) -> KeyRecord | None:
        # All are compared, each in constant time: how long it takes says nothing about how near a guess came.
        found = [record for record in self._current() if secrets.compare_digest(record.sha256, sha256)]
        return found[0] if found else None

    def _current(self) -> tuple[KeyRecord, ...]:
        try:
            if (state := self._stamp()) != self._state:
                self._records, self._state = load_keys(self._path), state
        except ConfigError:
            # Keys that were taken away must not go on working because the file is broken.
            raise Unavailable("sign-in with API keys does not work now; tell the operator") from None
        return self._records

    def _stamp(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise ConfigError(f"{str(self._path)!r} cannot be read: {error.strerror}; mend [server] api_keys") from None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
