"""Who may read what: the one place where a principal becomes a filter and where a single document is judged.

Every read of hybrid (search, answers, previews, counts, caches, the LlamaIndex facade) takes a ``Principal`` and
comes through here. Two guards stand behind each other: ``filter_for`` narrows what the engine looks at, and ``permits``
judges each hit again by the journal's own access list, so that a revoked right is gone as soon as the journal commits.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hybrid.errors import AccessError
from hybrid.types import Access, MetadataValue, Principal

PUBLIC = "public"
_PREFIXES = ("user:", "group:")

Narrowing = Mapping[str, MetadataValue | tuple[MetadataValue, ...]]
"""Metadata conditions of one search, all of which must hold; a tuple means any of its values."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Documents that share readers, tenant and validity; an index stores the scope's id with every chunk."""

    id: int
    """Number of the scope within one index."""

    access: Access
    """Who may read the documents of the scope."""

    tenant: str
    """Tenant they belong to."""

    valid_from: float
    """First moment at which they hold, in seconds since 1970 (UTC); minus infinity where open."""

    valid_until: float
    """First moment at which they no longer hold; infinity where open."""


@dataclass(frozen=True, kw_only=True)
class AccessFilter:
    """What an index may look at for one read; made by ``filter_for`` and by nothing else."""

    scopes: tuple[int, ...]
    """Ids of the scopes that the principal may read now, sorted; never empty."""

    narrowing: Narrowing = field(default_factory=dict[str, MetadataValue])
    """Further conditions on metadata; they can only narrow."""

    points: tuple[int, ...] = ()
    """Look at these points and no others; empty where all that the rest permits are meant."""

    def __post_init__(self) -> None:
        """Refuse what an engine would read as no restriction at all."""
        if not self.scopes:
            raise AccessError("a filter without scopes would match every document; make it with filter_for()")
        for name, wanted in self.narrowing.items():
            if wanted == ():
                raise AccessError(f"filter {name!r} has no values and would match every document; drop it or name one")


@dataclass(frozen=True, kw_only=True)
class AccessSet:
    """Everything that decides which documents a principal may read: equal sets read equal documents."""

    tokens: frozenset[str]
    """Reader tokens, ``public`` included."""

    tenant: str
    """The tenant."""

    def permits(self, access: Access, tenant: str) -> bool:
        """Whether a document with this access list and tenant is readable; a deny wins over any reader."""
        if tenant != self.tenant or not self.tokens.isdisjoint(access.denied):
            return False
        return not self.tokens.isdisjoint(access.readers)


def access_set(principal: Principal) -> AccessSet:
    """Return what decides the principal's reads.

    Raises:
        AccessError: ``principal`` is not a ``Principal``, or a name of it is empty or malformed.

    Example:
        >>> sorted(access_set(Principal(user="ana", groups=frozenset({"legal"}))).tokens)
        ['group:legal', 'public', 'user:ana']
    """
    if not isinstance(principal, Principal):  # pyright: ignore[reportUnnecessaryIsInstance]  callers without types
        raise AccessError(f"a read needs a Principal, got {type(principal).__name__}; pass ANONYMOUS for a visitor")
    tokens = {PUBLIC, *(_token("group:", name) for name in principal.groups)}
    if principal.user is not None:
        tokens.add(_token("user:", principal.user))
    return AccessSet(tokens=frozenset(tokens), tenant=principal.tenant)


def filter_for(
    principal: Principal,
    scopes: Iterable[Scope],
    *,
    moment: datetime | None = None,
    narrowing: Narrowing | None = None,
) -> AccessFilter | None:
    """Return the filter that every search on behalf of ``principal`` must carry, or None where nothing is readable.

    Args:
        principal: Who asks.
        scopes: All scopes of the index.
        moment: The moment at which documents must hold; now, when left out. Must be timezone-aware.
        narrowing: Metadata conditions; they are added to the access conditions and can never replace them.

    Raises:
        AccessError: No principal, a malformed name, a naive ``moment``, or a narrowing without values.
    """
    if moment is not None and moment.tzinfo is None:
        raise AccessError(f"moment {moment.isoformat()!r} has no timezone; pass an aware datetime such as UTC")
    readable = access_set(principal)
    at = (moment or datetime.now(UTC)).timestamp()
    ids = (s.id for s in scopes if s.valid_from <= at < s.valid_until and readable.permits(s.access, s.tenant))
    found = tuple(sorted(ids))
    return AccessFilter(scopes=found, narrowing=dict(narrowing or {})) if found else None


def permits(principal: Principal, access: Access, *, tenant: str = "") -> bool:
    """Whether the principal may read a document with this access list.

    Example:
        >>> permits(Principal(groups=frozenset({"legal"})), Access(readers=("group:legal",)))
        True
        >>> permits(Principal(user="ana"), Access(readers=()))
        False
    """
    return access_set(principal).permits(access, tenant)


def parse_access(readers: Iterable[str], denied: Iterable[str] = ()) -> Access:
    """Return a checked access list with sorted, distinct tokens.

    Raises:
        AccessError: A token is not ``public``, ``user:NAME`` or ``group:NAME``, or ``public`` is denied.

    Example:
        >>> parse_access(["group:legal", "public"]).readers
        ('group:legal', 'public')
    """
    allowed, refused = _checked(readers), _checked(denied)
    if PUBLIC in refused:
        raise AccessError("'public' cannot be denied; name nobody as reader instead")
    return Access(readers=allowed, denied=refused)


def mapped_groups(claimed: Iterable[str], group_map: Mapping[str, str]) -> frozenset[str]:
    """Return the groups of access lists that the groups of a sign-in stand for.

    Args:
        claimed: Groups as the sign-in names them.
        group_map: Group of the access lists by group of the sign-in. An empty one takes names as they are; otherwise a
            group that it does not name stands for none.

    Example:
        >>> sorted(mapped_groups(["9b1c", "77ad"], {"9b1c": "legal"}))
        ['legal']
    """
    if not group_map:
        return frozenset(claimed)
    return frozenset(group_map[name] for name in claimed if name in group_map)


def narrower(one: Access, other: Access) -> Access:
    """Return an access list whose every reader may read by both; some who may by both can be left out.

    Example:
        >>> narrower(Access(readers=("public",)), Access(readers=("group:legal",))).readers
        ('group:legal',)
    """
    if PUBLIC in one.readers:
        readers = other.readers
    elif PUBLIC in other.readers:
        readers = one.readers
    else:
        readers = tuple(sorted({*one.readers} & {*other.readers}))
    return Access(readers=readers, denied=tuple(sorted({*one.denied, *other.denied})))


def explain(principal: Principal, access: Access, *, tenant: str = "") -> str:
    """Return one sentence that says why the principal may or may not read the document."""
    own = access_set(principal)
    if tenant != own.tenant:
        return f"no: the document belongs to tenant {tenant!r}, the principal to {own.tenant!r}"
    if hit := sorted(own.tokens.intersection(access.denied)):
        return f"no: denied to {', '.join(hit)}"
    if hit := sorted(own.tokens.intersection(access.readers)):
        return f"yes: readable for {', '.join(hit)}"
    named = ", ".join(access.readers) or "nobody"
    return f"no: readable for {named}; the principal has {', '.join(sorted(own.tokens))}"


def _checked(tokens: Iterable[str]) -> tuple[str, ...]:
    if isinstance(tokens, str):
        raise AccessError(f"access must be a list of tokens, got the text {tokens!r}; write [{tokens!r}]")
    return tuple(sorted({_valid(token) for token in tokens}))


def _valid(token: object) -> str:
    if isinstance(token, str):
        if token == PUBLIC:
            return token
        for prefix in _PREFIXES:
            if token.startswith(prefix):
                return _token(prefix, token.removeprefix(prefix))
    raise AccessError(f"access token {token!r} is unknown; use 'public', 'user:NAME' or 'group:NAME'")


def _token(prefix: str, name: object) -> str:
    if not isinstance(name, str) or not name.strip() or name != name.strip() or not name.isprintable():
        raise AccessError(f"{prefix}{name!r} is not a usable name; give a printable name without surrounding blanks")
    # One name has one spelling: else a denial written in one form of an accent would miss a sign-in that uses another.
    return prefix + unicodedata.normalize("NFC", name)
