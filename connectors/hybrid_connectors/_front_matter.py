"""Front matter: YAML between two lines ``---`` at the top of a text file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from hybrid.errors import AccessUnclearError
from hybrid_connectors._fields import CONTROL

_UNREAD = re.compile(
    r"[\s\ufeff\u200b\u2060]*(---|\+\+\+)[^\S\n]*\n(.*?)^[^\S\n]*\1[^\S\n]*$", re.DOTALL | re.MULTILINE
)
_CONTROL_LINE = re.compile(rf"""^[^\S\n]*["']?(?:{"|".join(CONTROL[1:])})["']?[^\S\n]*[:=]""", re.MULTILINE)
_OPENING = re.compile(r"---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)
_TEXTS = ("title", "tenant")
_NULL = "tag:yaml.org,2002:null"
_MAX_CHARACTERS = 64_000
_MAX_DEPTH = 20

_Loader = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@dataclass(frozen=True, kw_only=True)
class FrontMatter:
    """A text file, taken apart."""

    values: Mapping[str, object] = field(default_factory=dict[str, object])
    """Fields by name."""

    lines: Mapping[str, int] = field(default_factory=dict[str, int])
    """Line of the file on which each field was written."""

    body: str
    """What follows the closing line."""

    first_line: int = 1
    """Line of the file at which ``body`` begins."""


def split(text: str, path: str) -> FrontMatter:
    r"""Take the front matter off a text whose line ends are ``\n``.

    Raises:
        AccessUnclearError: Front matter was begun but is not a closed, valid, flat enough YAML mapping, or is not
            where it is read. The file is refused rather than indexed with the readers of another rule.
    """
    opening = _OPENING.match(text)
    if not opening:
        _refuse_unread(text, path)
        return FrontMatter(body=text)
    closing = _CLOSING.search(text, opening.end())
    if not closing:
        raise AccessUnclearError(
            f"{path}:1: front matter is opened by '---' and never closed; add a line '---' after it"
        )
    source = text[opening.end() : closing.start()]
    if len(source) > _MAX_CHARACTERS:
        raise AccessUnclearError(
            f"{path}:1: front matter has {len(source)} characters, the limit is {_MAX_CHARACTERS}; shorten it"
        )
    values, lines = _mapping(source, path)
    return FrontMatter(
        values=values, lines=lines, body=text[closing.end() :], first_line=text.count("\n", 0, closing.end()) + 1
    )


def _refuse_unread(text: str, path: str) -> None:
    """Refuse what an author takes for front matter: as text, it would leave the document to the default readers."""
    found = _UNREAD.match(text, 0, _MAX_CHARACTERS)
    if found and (control := _CONTROL_LINE.search(text, found.start(2), found.end(2))):
        line = text.count("\n", 0, control.start()) + 1
        raise AccessUnclearError(
            f"{path}:{line}: looks like front matter, which is YAML between two lines '---' and begins on line 1; "
            "rewrite it so, or put text above it"
        )


def _mapping(source: str, path: str) -> tuple[dict[str, object], dict[str, int]]:
    try:
        _refuse_what_is_not_plain(source, path)
        loader: Any = _Loader(source)
        try:
            return _constructed(loader, path)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 2 if mark else 1
        raise AccessUnclearError(
            f"{path}:{line}: front matter is not valid YAML ({error.problem}); correct it"
        ) from error
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())[:120]
        raise AccessUnclearError(f"{path}:1: front matter is not valid YAML ({problem}); correct it") from error


def _refuse_what_is_not_plain(source: str, path: str) -> None:
    # The C loader composes recursively without a limit, so that deep nesting ends the process: count events first.
    depth = 0
    for event in cast("Any", yaml.parse(source, Loader=_Loader)):  # pyright: ignore[reportUnknownMemberType]
        line = event.start_mark.line + 2
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise AccessUnclearError(f"{path}:{line}: front matter is nested more than {_MAX_DEPTH} deep; flatten it")
        if isinstance(event, yaml.AliasEvent):
            raise AccessUnclearError(f"{path}:{line}: front matter uses a YAML alias; write the value out")
        # A tag that its value does not fit ends PyYAML's constructors with whatever their code happens to raise.
        if getattr(event, "tag", None):
            raise AccessUnclearError(
                f"{path}:{line}: front matter uses a YAML tag; drop it, or put the value in quotes"
            )


def _constructed(loader: Any, path: str) -> tuple[dict[str, object], dict[str, int]]:
    root = loader.get_single_node()
    values: dict[str, object] = {}
    lines: dict[str, int] = {}
    if root is None:
        return values, lines
    if not isinstance(root, yaml.MappingNode):
        raise AccessUnclearError(
            f"{path}:1: front matter must be lines such as 'title: …'; put an empty line above a '---' that is a rule"
        )
    for key, value in cast("list[tuple[yaml.Node, yaml.Node]]", root.value):
        line = key.start_mark.line + 2
        if key.tag == "tag:yaml.org,2002:merge":
            raise AccessUnclearError(f"{path}:{line}: front matter merges fields in with '<<'; write them out")
        name = str(_value(loader, key, f"{path}:{line}: a field's name"))
        if name in CONTROL and name in values:
            raise AccessUnclearError(f"{path}:{line}: front matter names {name!r} twice; write it once")
        # As written: YAML would read tenant 1.10 as 1.1, 007 as 7 and no as False, which are other tenants.
        as_written = name in _TEXTS and isinstance(value, yaml.ScalarNode) and value.tag != _NULL
        values[name] = value.value if as_written else _value(loader, value, f"{path}:{line}: {name}")
        lines[name] = line
    return values, lines


def _value(loader: Any, node: yaml.Node, where: str) -> object:
    try:
        value = loader.construct_object(node, deep=True)
        str(value)  # a hexadecimal number of thousands of digits can be read, but not written
    except (ValueError, OverflowError) as error:
        raise AccessUnclearError(f"{where} is not a valid value ({error}); correct it or put it in quotes") from error
    return value
