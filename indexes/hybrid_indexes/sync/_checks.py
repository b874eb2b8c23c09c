"""What a sync refuses to write, said about one document so that the others go on."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from hybrid.access import parse_access
from hybrid.errors import AccessError, ReadError, SourceError
from hybrid.protocols import Connector, Entry, Listing
from hybrid.types import Document

_INTEGERS = range(-(2**63), 2**63)


def checked_listing(connector: Connector, listing: Listing) -> Listing:
    """Return the listing.

    Raises:
        SourceError: A path is listed twice, so that it names no document, or is no text.
    """
    seen: set[str] = set()
    for entry in listing.entries:
        if entry.path in seen:
            raise SourceError(f"source {connector.name!r} lists {entry.path!r} twice; give each document its own path")
        if not _is_unicode(entry.path):
            raise SourceError(f"source {connector.name!r} lists {entry.path!r}, which is no text; mend the connector")
        seen.add(entry.path)
    return listing


def checked_document(connector: Connector, entry: Entry, document: Document) -> Document:
    """Return the document, its access list in the one form that is compared.

    Raises:
        ReadError: It is not the one that was asked for, holds something that no index can store, or names readers in
            words that nobody can mean.
    """
    wanted = f"{connector.name}:{entry.path}"
    if document.id != wanted:
        raise ReadError(f"{wanted}: the connector returned {document.id!r} instead; mend the connector")
    texts = {"uri": document.uri, "title": document.title, "tenant": document.tenant, "text": document.text}
    for name, text in texts.items():
        if not _is_unicode(text):
            raise ReadError(f"{wanted}: its {name} holds half a character; save it as UTF-8")
    for name, value in document.metadata.items():
        if not _is_unicode(name) or not _can_be_stored(value):
            raise ReadError(
                f"{wanted}: its field {name!r} is no text, truth value, 64-bit integer or finite number; "
                "change the field or drop it"
            )
    try:
        # A denial that is no token would exclude nobody, whoever its connector meant.
        return replace(document, access=parse_access(document.access.readers, document.access.denied))
    except AccessError as error:
        raise ReadError(f"{wanted}: {error}") from error


def _can_be_stored(value: object) -> bool:
    match value:
        case str():
            return _is_unicode(value)
        case int():
            return value in _INTEGERS
        case float():
            return isfinite(value)
        case _:
            return False


def _is_unicode(text: str) -> bool:
    """Whether the text can leave the process; lone surrogates cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
