"""The title of a text: its first heading."""

from __future__ import annotations

import re

from hybrid_connectors._fields import one_line

_ATX = re.compile(r" {0,3}#{1,6}(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_SETEXT = re.compile(r" {0,3}=+[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RST_LINE = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}[ \t]*")
_ATTRIBUTES = re.compile(r"\s*\{[#.:][^}]*\}\s*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


def markdown_title(text: str) -> str | None:
    """Return the first Markdown heading without its markup, headings in code left aside; None if there is none."""
    fence, before = "", ""
    for line in text.split("\n"):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark.group(1)
            elif mark.group(1).startswith(fence):
                fence = ""
        elif not fence:
            heading = _ATX.fullmatch(line)
            if heading and (title := _plain(heading.group(1) or "")):
                return title
            if before.strip() and _SETEXT.fullmatch(line):
                return _plain(before)
        before = "" if fence else line
    return None


def rst_title(text: str) -> str | None:
    """Return the first reStructuredText section title: a line underlined by punctuation at least as long."""
    lines = text.split("\n")
    for above, title, below in zip(["", *lines], lines, lines[1:], strict=False):
        underlined = _RST_LINE.fullmatch(below) and not _RST_LINE.fullmatch(title) and len(below) >= len(title.rstrip())
        if underlined and title.strip() and (title[0] != " " or above.rstrip() == below.rstrip()):
            return one_line(title)
    return None


def _plain(heading: str) -> str | None:
    text = _LINK.sub(r"\1", _ATTRIBUTES.sub("", heading))
    return one_line(re.sub(r"[*`]|(?<!\w)_+|_+(?!\w)", "", text))
