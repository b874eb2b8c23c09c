"""Who may read a document, from its own fields, the rules of its source and the source's default, in that order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from hybrid.access import parse_access
from hybrid.errors import AccessError, ConfigError, ReadError
from hybrid.types import Access
from hybrid_connectors._fields import Fields
from hybrid_connectors._globs import check_pattern, matches


@dataclass(frozen=True, kw_only=True)
class AccessRule:
    """What holds for all documents whose path a pattern covers; the first rule that matches a path decides.

    Example:
        >>> rule = AccessRule(match="legal/**", readers=("group:legal",))
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    match: str
    """Pattern for the path: ``*`` stays in a folder, ``**`` spans folders, a folder's name covers all below it."""

    readers: tuple[str, ...] | None = None
    """Tokens of those who may read; an empty list is nobody; left out, the source's default readers stay."""

    denied: tuple[str, ...] = ()
    """Tokens of those who may not, whatever else is said."""

    tenant: str | None = None
    """Tenant of these documents; a document that names another one is refused."""

    def __post_init__(self) -> None:
        """Refuse tokens and patterns that cannot be evaluated."""
        check_pattern(self.match, "rules")
        check_tokens(self.readers or (), self.denied, f"rule {self.match!r}")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """The outcome for one document."""

    access: Access
    """Who may read it."""

    tenant: str
    """Whose it is."""


def check_tokens(readers: Sequence[str], denied: Sequence[str], setting: str) -> None:
    """Refuse access tokens of a setting that cannot be evaluated.

    Raises:
        ConfigError: A token is unknown; the message names the setting.
    """
    try:
        parse_access(readers, denied)
    except AccessError as error:
        raise ConfigError(f"{setting}: {error}") from error


def grant(path: str, fields: Fields, *, rules: Sequence[AccessRule], default_readers: Sequence[str]) -> Grant:
    """Return who may read a document and whose it is.

    Readers come from the document's own fields, else from the first rule that matches, else from the default, else
    there are none. Denials of the document and of the rule add up. A rule that names a tenant binds the document to it.

    Raises:
        ReadError: The document names another tenant than the rule for its path.
    """
    rule = next((rule for rule in rules if matches(path, rule.match)), None)
    readers = fields.readers
    if readers is None and rule is not None:
        readers = rule.readers
    access = parse_access(
        default_readers if readers is None else readers, (*fields.denied, *(rule.denied if rule else ()))
    )
    bound = rule.tenant if rule else None
    if bound is not None and fields.tenant not in (None, bound):
        raise ReadError(
            f"{path}: names tenant {fields.tenant!r}, but rule {rule.match if rule else ''!r} binds it to {bound!r}; "
            "correct one of them"
        )
    return Grant(access=access, tenant=bound if bound is not None else fields.tenant or "")
