"""Sitemaps (sitemaps.org): the pages of a site, or further sitemaps."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from xml.etree import ElementTree

from hybrid.errors import ParseError, TooLargeError


@dataclass(frozen=True, kw_only=True)
class Sitemap:
    """What one sitemap file names."""

    pages: tuple[str, ...] = ()
    """Addresses of pages, as written."""

    sitemaps: tuple[str, ...] = ()
    """Addresses of further sitemaps."""


def parse_sitemap(data: bytes, url: str, max_bytes: int) -> Sitemap:
    """Return what a sitemap names, gzip or plain.

    Raises:
        ParseError: It is not a sitemap, or uses a document type declaration, which sitemaps never need.
        TooLargeError: It unpacks to more than ``max_bytes``.
    """
    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data, url, max_bytes)
    # Without NULs, UTF-16 reads as ASCII: no encoding hides a declaration, and without one there are no entities.
    if b"<!DOCTYPE" in data.replace(b"\0", b""):
        raise ParseError(f"{url}: is XML with a document type declaration, which a sitemap never needs")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ParseError(f"{url}: is not a sitemap ({type(error).__name__}); correct the address") from error
    kind = root.tag.rpartition("}")[2]
    if kind not in ("urlset", "sitemapindex"):
        raise ParseError(f"{url}: is not a sitemap but XML of kind {kind[:40]!r}; correct the address")
    found = tuple(
        location.text.strip() for location in root.iterfind("{*}*/{*}loc") if location.text and location.text.strip()
    )
    return Sitemap(sitemaps=found) if kind == "sitemapindex" else Sitemap(pages=found)


def _unpacked(data: bytes, url: str, max_bytes: int) -> bytes:
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise ParseError(f"{url}: is damaged gzip") from error
    if len(unpacked) > max_bytes:
        raise TooLargeError(f"{url}: unpacks to more than {max_bytes:,} bytes; raise max_bytes")
    return unpacked
