"""One spelling for each address of a site, so that a rule for a path cannot be walked around."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
_SEGMENT = "!$&'()*+,;=:@-._~"
_RESERVED = re.compile(r"[%/?#\\\x00-\x1f\x7f]")


def canonical_url(target: str, base: str = "") -> str | None:
    """Return the one spelling of an http(s) address; None for anything else.

    Needless percent-encoding is undone, dot segments are resolved, the fragment goes. An address with a user name or
    password is none of ours.

    Example:
        >>> canonical_url("../%6cegal/a b?x=1#top", "HTTPS://Example.org:443/docs/x/")
        'https://example.org/docs/legal/a%20b?x=1'
    """
    try:
        parts = urlsplit(urljoin(base, target.strip()))
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except (ValueError, UnicodeError):
        return None
    host = f"[{host}]" if ":" in host else host
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or "@" in parts.netloc:
        return None
    suffix = "" if port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{port}"
    query = "?" + quote(parts.query, safe=_SEGMENT + "/?%") if parts.query else ""
    return f"{parts.scheme}://{host}{suffix}{_path(parts.path)}{query}"


def origin_of(url: str) -> str:
    """Return scheme, host and port of a canonical address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def target_of(url: str) -> str:
    """Return path and query of a canonical address, as robots.txt speaks of them."""
    return url.removeprefix(origin_of(url))


def path_of_url(url: str) -> str:
    """Return the relative path that names a page within its site; ``.`` is the root."""
    path, question, query = target_of(url).partition("?")
    shown = "/".join(_shown(segment) for segment in path[1:].split("/"))
    return ("%2F" + shown[1:] if shown.startswith("/") else shown or ".") + question + query


def place_of_url(url: str) -> str:
    """Return the path that access rules see: without query, parameters and doubled or closing slashes."""
    path = target_of(url).partition("?")[0]
    return "/".join(filter(None, (_shown(segment.partition(";")[0]) for segment in path.split("/")))) or "."


def _path(path: str) -> str:
    resolved: list[str] = []
    segments = [quote(unquote_to_bytes(segment), safe=_SEGMENT) for segment in path.removeprefix("/").split("/")]
    for segment in segments:
        if segment == "..":
            resolved = resolved[:-1]
        elif segment != ".":
            resolved.append(segment)
    if segments[-1] in (".", "..") and resolved:
        resolved.append("")
    return "/" + "/".join(resolved)


def _shown(segment: str) -> str:
    try:
        text = unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError:
        return segment
    return _RESERVED.sub(lambda character: quote(character.group(), safe=""), text)
