"""What a search or a write may touch, in words that belong to no engine: one builder, two executors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from hybrid.access import AccessFilter
from hybrid.errors import AccessError
from hybrid.types import MetadataValue
from hybrid_indexes._points import META, POINT, SCOPE, VERSION, field_name, field_value

_INTEGERS = range(-(2**63), 2**63)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A field of the payload must hold one of these values; an executor joins all its conditions by *and*."""

    key: str
    """Path of the field in the payload."""

    any_of: tuple[str | int | float, ...]
    """The values; never empty, no booleans."""

    def __post_init__(self) -> None:
        """Refuse what an engine would read as no condition at all."""
        if not self.any_of:
            raise ValueError(f"a condition on {self.key!r} without values would match every point")

    @property
    def integers(self) -> list[int]:
        """The values where all of them are integers, and else nothing; engines match those by a look-up."""
        found = [value for value in self.any_of if isinstance(value, int)]
        return found if len(found) == len(self.any_of) else []


def readable(access: AccessFilter) -> list[Condition]:
    """Return the conditions of a search: the principal's scopes, and the metadata it is narrowed by.

    Raises:
        AccessError: A value that no index can hold, which an engine might read as no condition at all.
    """
    narrowing = (_narrowed(name, wanted) for name, wanted in sorted(access.narrowing.items()))
    points = [Condition(key=POINT, any_of=access.points)] if access.points else []
    return [Condition(key=SCOPE, any_of=access.scopes), *narrowing, *points]


def of_versions(versions: Sequence[int]) -> list[Condition]:
    """Return the condition for all points of these document versions; only writes use it."""
    return [Condition(key=VERSION, any_of=tuple(versions))]


def _narrowed(name: str, wanted: MetadataValue | tuple[MetadataValue, ...]) -> Condition:
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    if not _is_text(name):
        raise AccessError(f"filter {name!r} is no text; name a field of the documents")
    for value in values:
        if not _can_be_held(value):
            raise AccessError(f"filter {name!r} has the value {value!r}, which no document can hold; name another")
    return Condition(key=f'{META}."{field_name(name)}"', any_of=tuple(field_value(value) for value in values))


def _can_be_held(value: MetadataValue) -> bool:
    if isinstance(value, str):
        return _is_text(value)
    return isfinite(value) if isinstance(value, float) else value in _INTEGERS


def _is_text(value: str) -> bool:
    """Whether an engine can be told; lone surrogates, which stand for bytes that are no UTF-8, it cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
