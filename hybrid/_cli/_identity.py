"""Who asks, what they narrow by and for which moment: from options to the values that searches take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from hybrid.access import Narrowing
from hybrid.errors import ConfigError
from hybrid.types import MetadataValue, Principal

# What a document may hold as a number; ``nan`` and the digits of a long reference are texts.
_LARGEST = 2**63


def principal_of(user: str | None, groups: Sequence[str] | None, tenant: str) -> Principal:
    """Return the principal that the options name.

    Raises:
        ConfigError: A name carries the prefix that only access lists write; it would match nobody.
    """
    for option, prefix, names in (("--user", "user:", [user or ""]), ("--group", "group:", groups or [])):
        for name in names:
            if name.startswith(prefix):
                raise ConfigError(f"{option} {name!r}: leave out the prefix: {option} {name.removeprefix(prefix)!r}")
    return Principal(user=user, groups=frozenset(groups or ()), tenant=tenant)


def narrowing_of(filters: Sequence[str] | None) -> Narrowing | None:
    """Return the metadata conditions; values of one key are alternatives, keys must all hold.

    Raises:
        ConfigError: A filter is not ``KEY=VALUE``.

    Example:
        >>> narrowing_of(["team=help", "year=2026"])
        {'team': ('help',), 'year': ('2026', 2026)}
    """
    wanted: dict[str, tuple[MetadataValue, ...]] = {}
    for text in filters or ():
        key, equals, value = text.partition("=")
        if not key.strip() or not equals or not value.strip():
            raise ConfigError(f"--filter {text!r} is not KEY=VALUE; write it like --filter team=help")
        wanted[key.strip()] = (*wanted.get(key.strip(), ()), *_readings(value.strip()))
    return wanted or None


def moment_of(date: str | None, *, option: str = "--as-of") -> datetime | None:
    """Return the moment a date names; one without a timezone is UTC.

    Args:
        date: What was given, if anything.
        option: Where it was given.

    Raises:
        ConfigError: It is no date.
    """
    if date is None:
        return None
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        raise ConfigError(f"{option} {date!r} is no date; write 2026-03-01 or 2026-03-01T12:00:00+01:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _readings(value: str) -> tuple[MetadataValue, ...]:
    """Return what a value may be in a document's metadata: ``2026`` may be written as a text or as a number."""
    if value in ("true", "false"):
        return value, value == "true"
    for kind in (int, float):
        try:
            number = kind(value)
        except ValueError:
            continue
        return (value, number) if abs(number) < _LARGEST else (value,)
    return (value,)
