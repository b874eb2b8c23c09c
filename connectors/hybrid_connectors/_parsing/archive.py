"""Office files are ZIP archives of XML: everything that can harm a reader is refused before a library opens them."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from zipfile import ZipFile, ZipInfo

from hybrid.errors import ParseError, TooLargeError

_MAX_ENTRIES = 10_000
_MAX_TOTAL = 400_000_000
_MAX_RATIO = 200
_RATIO_FROM = 5_000_000
"""Uncompressed bytes below which a ratio says nothing: small XML may well shrink to a thousandth."""

_ARCHIVE_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")
_EMBEDDED = re.compile(r"(?:word|ppt|xl)/embeddings/[^/]+")
_XML = (".xml", ".rels", ".vml")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{0,40})""")
_ENCODINGS = (b"utf-8", b"utf-16", b"us-ascii", b"ascii")


def check_office(data: bytes) -> None:
    """Refuse an Office file that is not a plain archive of plain XML.

    Sources: D. Fifield, "A better zip bomb" (WOOT 2019); OWASP XML External Entity Prevention. Office Open XML allows
    no document type declaration, so that none of its entities needs to be understood.

    Raises:
        ParseError: It is no ZIP archive, or it holds encrypted, doubled, linked, outward-leading or nested entries, or
            a document type declaration.
        TooLargeError: Its entries are too many, too large, or shrink more than text does.
    """
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            _check_entries(archive.infolist())
            for info in archive.infolist():
                _check_content(archive, info)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise ParseError(
            "is not a ZIP archive, so not an Office file; save an old .doc, .ppt, .xls or one with a password anew"
        ) from error


def _check_entries(infos: list[ZipInfo]) -> None:
    if len(infos) > _MAX_ENTRIES:
        raise TooLargeError(f"holds {len(infos):,} entries, the limit is {_MAX_ENTRIES:,}; exclude it")
    if len({info.filename for info in infos}) < len(infos):
        raise ParseError("holds two entries of one name; exclude it")
    total = sum(info.file_size for info in infos)
    if total > _MAX_TOTAL:
        raise TooLargeError(f"unpacks to {total:,} bytes, the limit is {_MAX_TOTAL:,}; split or exclude it")
    for info in infos:
        _check_entry(info)


def _check_entry(info: ZipInfo) -> None:
    name = info.orig_filename
    if name.startswith("/") or "\\" in name or ":" in name or "\0" in name or ".." in name.split("/"):
        raise ParseError("holds an entry that leads out of the archive; exclude it")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ParseError("holds a symbolic link; exclude it")
    if info.flag_bits & 0x1:
        raise ParseError("is encrypted; save it without a password")
    if info.file_size > _RATIO_FROM and info.file_size > _MAX_RATIO * max(1, info.compress_size):
        raise TooLargeError(f"holds an entry that unpacks to more than {_MAX_RATIO} times its size; exclude it")


def _check_content(archive: ZipFile, info: ZipInfo) -> None:
    with archive.open(info) as entry:
        start = entry.read(8)
        # A chart's data sheet is an archive in the archive; it stays closed, so it may be there.
        if start.startswith(_ARCHIVE_MAGIC) and not _EMBEDDED.fullmatch(info.filename):
            raise ParseError("holds an archive within the archive; exclude it")
        if info.filename.lower().endswith(_XML) or start.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<"):
            _check_xml(start + entry.read())


def _check_xml(xml: bytes) -> None:
    # Without NULs, UTF-16 reads as ASCII; any other encoding could hide a declaration and is refused.
    plain = xml.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"")
    encoding = _ENCODING.match(plain)
    if plain and (not plain.lstrip().startswith(b"<") or (encoding and encoding.group(1).lower() not in _ENCODINGS)):
        raise ParseError("holds XML in an encoding other than UTF-8; save it again with an Office program")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise ParseError("holds XML with a document type declaration, which Office files never need; exclude it")
