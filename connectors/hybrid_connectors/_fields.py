"""The fields a document says about itself: the same names in front matter, JSON records and SQL columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import cast

from hybrid.access import parse_access
from hybrid.errors import AccessError, AccessUnclearError
from hybrid.types import MetadataValue

CONTROL = ("title", "access", "deny", "tenant", "valid_from", "valid_until")
"""Names with a meaning; every other scalar is metadata."""

_MISTAKEN = {"readers": "access", "denied": "deny", "acl": "access"}
"""Names that people write for a control field; taken as metadata they would silently open a document."""

Where = Callable[[str], str]
"""Tells where a field was written (``docs/a.md:3``), for messages."""


@dataclass(frozen=True, kw_only=True)
class Fields:
    """Checked fields of one document."""

    title: str | None = None
    """Title on one line, if one was given."""

    readers: tuple[str, ...] | None = None
    """Tokens of those who may read; empty is nobody; None says that the document does not speak about readers."""

    denied: tuple[str, ...] = ()
    """Tokens of those who may not."""

    tenant: str | None = None
    """Tenant, if one was given."""

    valid_from: datetime | None = None
    """First moment (UTC) at which the document holds."""

    valid_until: datetime | None = None
    """First moment (UTC) at which it no longer holds."""

    metadata: Mapping[str, MetadataValue] = field(default_factory=dict[str, MetadataValue])
    """All other scalars."""


def parse_fields(values: Mapping[str, object], where: Where) -> Fields:
    """Return the checked fields of one document.

    Raises:
        AccessUnclearError: A control field is unusable. A document whose access list cannot be understood must not be
            indexed.
    """
    for name in values:
        _refuse_mistaken(name, where)
    start, end = (_moment(values, name, where) for name in ("valid_from", "valid_until"))
    if start and end and end <= start:
        raise AccessUnclearError(
            f"{where('valid_until')}: valid_until is not after valid_from, so it would never hold; correct it"
        )
    return Fields(
        title=one_line(_scalar_text(values, "title", where)),
        readers=_tokens(values, "access", where) if "access" in values else None,
        denied=_tokens(values, "deny", where) if "deny" in values else (),
        tenant=_tenant(values, where),
        valid_from=start,
        valid_until=end,
        metadata={
            name: value for name in values if name not in CONTROL and (value := _metadata(values[name])) is not None
        },
    )


def one_line(text: str | None) -> str | None:
    """Return the text with every run of blanks as one space; None when nothing is left."""
    return " ".join(text.split()) or None if text else None


def _refuse_mistaken(name: str, where: Where) -> None:
    meant = name.casefold() if name.casefold() in CONTROL else _MISTAKEN.get(name.casefold())
    if meant and name != meant:
        raise AccessUnclearError(f"{where(name)}: field {name!r} is not known; write {meant!r}")


def _tokens(values: Mapping[str, object], name: str, where: Where) -> tuple[str, ...]:
    listed = values[name]
    if not isinstance(listed, list | tuple):
        raise AccessUnclearError(
            f'{where(name)}: {name} must be a list such as [public, "group:legal"], got {_short(listed)}'
        )
    tokens = tuple(cast("Sequence[str]", listed))
    try:
        return parse_access(tokens).readers if name == "access" else parse_access((), tokens).denied
    except AccessError as error:
        raise AccessUnclearError(f"{where(name)}: {name}: {error}") from error


def _moment(values: Mapping[str, object], name: str, where: Where) -> datetime | None:
    value = values.get(name)
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        with suppress(OverflowError):  # of the first and the last day of the calendar UTC may know nothing
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        raise AccessUnclearError(
            f"{where(name)}: {name} lies outside the years 1 to 9999; leave it out to say for ever"
        )
    if isinstance(value, date):
        return datetime.combine(value, time.min, tzinfo=UTC)
    if value is None:
        return None
    raise AccessUnclearError(f"{where(name)}: {name} must be a date such as 2025-01-31, got {_short(value)}")


def _scalar_text(values: Mapping[str, object], name: str, where: Where) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, str | int | float | date):
        return str(value)
    raise AccessUnclearError(f"{where(name)}: {name} must be text, got {_short(value)}")


def _tenant(values: Mapping[str, object], where: Where) -> str | None:
    """Return the tenant; a number with a point, a date or a truth value may read otherwise than it was written."""
    if isinstance(value := values.get("tenant"), bool | float | date):
        raise AccessUnclearError(
            f"{where('tenant')}: tenant must be text, got {_short(value)}; put it in quotes as it is meant"
        )
    return _scalar_text(values, "tenant", where)


def _metadata(value: object) -> MetadataValue | None:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -(2**63) <= value < 2**63 else str(value)
    return value if isinstance(value, str | bool) else None


def _short(value: object) -> str:
    return f"{type(value).__name__} {str(value)[:40]!r}"
