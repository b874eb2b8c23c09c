"""The title of a text: its first heading."""

from __future__ import annotations

import re

from hybrid_connectors._fields import one_line

_ATX = re.compile(r" {0,3}#{1,6}(?=[ \t]|$)")
_SETEXT = re.compile(r" {0,3}=+[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RST_LINE = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}[ \t]*")
# Every repetition ends where the next one could begin, so that no line takes more than linear time.
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_EMPHASIS = re.compile(r"[*`]|(?<![\w])_+|(?<!_)_+(?!\w)")


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
            heading = _ATX.match(line)
            if heading and (title := _plain(_without_closing(line[heading.end() :]))):
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
    return one_line(_EMPHASIS.sub("", _LINK.sub(r"\1", _without_attributes(heading))))


def _without_closing(heading: str) -> str:
    """Return a heading without the number signs that may close it."""
    text = heading.strip(" \t")
    open_end = text.rstrip("#")
    return open_end if not open_end or open_end[-1] in " \t" else text


def _without_attributes(heading: str) -> str:
    """Return a heading without the ``{#anchor}`` or ``{.class}`` at its end."""
    text, brace, attributes = heading.rstrip().rpartition("{")
    braced = brace and attributes.startswith(("#", ".", ":")) and attributes.find("}") == len(attributes) - 1
    return text if braced else heading
