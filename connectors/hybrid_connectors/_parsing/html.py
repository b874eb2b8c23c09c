"""HTML as readable Markdown: what a visitor sees, in reading order, without navigation, scripts and hidden parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

from hybrid.errors import ParseError
from hybrid_connectors._parsing.clean import clean, table
from hybrid_connectors._parsing.parsed import Parsed

_DROPPED = frozenset(
    {
        "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "canvas", "audio", "video",
        "select", "textarea", "button", "nav", "datalist", "noframes", "noembed",
    }
)  # fmt: skip
_VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    }
)  # fmt: skip
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div",
        "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "li",
        "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
) | frozenset(_HEADINGS)  # fmt: skip
_IMPLIED_ENDS = {
    "li": ({"li"}, {"ul", "ol"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
    "tr": ({"tr"}, {"table"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
}
_MAX_DEPTH = 500
_MAX_LINKS = 10_000
_STYLE_NOISE = re.compile(r"/\*.*?\*/|\s+", re.DOTALL)
_HIDING = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|(?<![\w-])(?:opacity|font-size):(?:0+(?:\.0*)?|\.0+)(?![.\d])"
)


def parse(data: bytes) -> Parsed:
    """Return the readable text of an HTML page in UTF-8, its title and the targets of its links.

    Raises:
        ParseError: The elements are nested too deeply to be a page.
    """
    page = _Page()
    page.feed(clean(data.decode("utf-8")))
    page.close()
    return page.parsed()


@dataclass(frozen=True, kw_only=True)
class _Element:
    tag: str
    hidden: bool


class _Page(HTMLParser):
    """Turns the stream of tags into blocks; a stack knows what is open, because closing tags are often missing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[_Element] = []
        self._blocks: list[str] = []
        self._lines: list[list[str]] = [[]]
        self._prefix = ""
        self._lists: list[int | None] = []
        self._rows: list[list[str]] = []
        self._cell: list[str] | None = None
        self._tables = 0
        self._title: list[str] = []
        self._heading: str | None = None
        self._base = ""
        self._links: list[str] = []

    def parsed(self) -> Parsed:
        """Return what was read."""
        while self._open:
            self._pop()
        self._flush()
        title = " ".join("".join(self._title).split()) or self._heading
        links = tuple(urljoin(self._base, link) if self._base else link for link in self._links)
        return Parsed(text=re.sub(r"\n{3,}", "\n\n", "".join(self._blocks)).strip("\n"), title=title, links=links)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element, after closing those that it ends."""
        values = {name: value or "" for name, value in attrs}
        self._note_link(tag, values)
        self._end_implied(tag)
        hidden = self._hidden or tag in _DROPPED or _hides(values) or (tag == "dialog" and "open" not in values)
        if tag not in _VOID:
            if len(self._open) >= _MAX_DEPTH:
                raise ParseError(f"nests more than {_MAX_DEPTH} elements, which no page does; exclude it")
            self._open.append(_Element(tag=tag, hidden=hidden))
        if not hidden:
            self._begin(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element with everything left open inside it; ignore one that is not open."""
        if any(element.tag == tag for element in self._open):
            while self._pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Take text that a visitor sees."""
        if self._hidden:
            return
        if self._open and self._open[-1].tag == "title":
            self._title.append(data)
        else:
            self._lines[-1].append(data)

    @property
    def _hidden(self) -> bool:
        return bool(self._open) and self._open[-1].hidden

    @property
    def _verbatim(self) -> bool:
        return any(element.tag == "pre" for element in self._open)

    def _note_link(self, tag: str, values: dict[str, str]) -> None:
        target = values.get("href", "").strip()
        if tag == "base" and not self._base:
            self._base = target
        elif tag in ("a", "area") and target and len(self._links) < _MAX_LINKS:
            self._links.append(target)

    def _end_implied(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._close_nearest({"p"}, {"td", "th", "caption", "button", "object"})
        if tag in _IMPLIED_ENDS:
            self._close_nearest(*_IMPLIED_ENDS[tag])

    def _close_nearest(self, tags: set[str], barriers: set[str]) -> None:
        for element in reversed(self._open):
            if element.tag in barriers:
                return
            if element.tag in tags:
                self.handle_endtag(element.tag)
                return

    def _begin(self, tag: str) -> None:
        if tag == "br":
            self._lines.append([])
        if tag not in _BLOCKS or (self._verbatim and tag != "pre"):
            return
        self._flush()
        if tag in _HEADINGS:
            self._prefix = _HEADINGS[tag]
        elif tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._prefix = self._bullet()
        else:
            self._begin_table_part(tag)

    def _begin_table_part(self, tag: str) -> None:
        self._tables += tag == "table"
        if self._tables == 1 and tag == "tr":
            self._rows.append([])
        elif self._tables == 1 and tag in ("td", "th"):
            self._cell = []

    def _pop(self) -> str:
        element = self._open[-1]
        if not element.hidden and element.tag in _BLOCKS:
            self._end(element.tag)
        self._open.pop()
        return element.tag

    def _end(self, tag: str) -> None:
        if tag == "pre":
            self._fence()
        self._flush()
        if tag in _HEADINGS or tag == "li":
            self._prefix = ""
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._blocks.append("" if self._lists else "\n")
        elif tag in ("td", "th") and self._tables == 1 and self._cell is not None:
            self._rows = self._rows or [[]]
            self._rows[-1].append(" ".join(self._cell))
            self._cell = None
        elif tag == "table":
            self._end_table()

    def _end_table(self) -> None:
        self._tables = max(0, self._tables - 1)
        if self._tables == 0:
            rendered, self._rows = table(self._rows), []
            self._emit(rendered)

    def _bullet(self) -> str:
        if not self._lists:
            return "- "
        indent = "  " * (len(self._lists) - 1)
        number = self._lists[-1]
        if number is None:
            return indent + "- "
        self._lists[-1] = number + 1
        return f"{indent}{number + 1}. "

    def _flush(self) -> None:
        if self._verbatim:
            return
        lines = [text for line in self._lines if (text := " ".join("".join(line).split()))]
        self._lines = [[]]
        if not lines:
            return
        if self._cell is not None:
            self._cell.extend(lines)
            return
        heading = self._prefix.startswith("#")
        if heading:
            lines = [" ".join(lines)]
            self._heading = self._heading or lines[0]
        indent = " " * len(self._prefix)
        self._emit(self._prefix + ("\n" + indent).join(lines))
        if not heading and self._prefix:
            self._prefix = indent

    def _fence(self) -> None:
        code = "\n".join("".join(line) for line in self._lines).strip("\n")
        self._lines = [[]]
        if self._cell is not None:
            self._cell.append(code)
        elif code.strip():
            fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code)), 3)
            self._emit(f"{fence}\n{code}\n{fence}")

    def _emit(self, block: str) -> None:
        if block:
            self._blocks.append(block + ("\n" if self._lists else "\n\n"))


def _hides(values: dict[str, str]) -> bool:
    if "hidden" in values or values.get("aria-hidden", "").strip().lower() == "true":
        return True
    return bool(_HIDING.search(_STYLE_NOISE.sub("", values.get("style", "")).lower()))
