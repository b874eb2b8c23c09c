"""A reply as text, by its contract's template; quotes keep their words and get their markers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from hybrid.contract.slots import Claim, Quote
from hybrid.models._reading import plain

if TYPE_CHECKING:
    from jinja2 import Template

Form = Literal["plain", "markdown"]
"""``plain`` for terminals and logs, ``markdown`` for pages that render it."""

DEFAULT_TEMPLATE = """\
{% for value in slots(reply) %}{{ value }}
{% endfor %}"""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~])")
# At the beginning of a line these make lists, quotes, rules and headings.
_LINE_START = re.compile(r"^(\s*)(\d+)?([-+.)=])", re.MULTILINE)


def render(template: str, reply: BaseModel, form: Form) -> str:
    """Return the text of a resolved reply, without blank lines around it."""
    fields = {name: getattr(reply, name) for name in type(reply).model_fields}
    return _compiled(template, form).render(reply=reply, slots=_slots, **fields).strip()


@lru_cache(maxsize=64)
def _compiled(template: str, form: Form) -> Template:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Sandboxed because a contract may come with an adapter; a template has no business but text.
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        finalize=_markdown if form == "markdown" else _plain,
        keep_trailing_newline=False,
    )
    return environment.from_string(template)


def _plain(value: Any) -> Any:
    return _shown(value, plain)


def _markdown(value: Any) -> Any:
    return _shown(value, _escaped)


def _shown(value: Any, written: Callable[[str], str]) -> Any:
    match value:
        case None:
            return ""
        case Quote():
            return _marked(written(value.text), (value.marker,))
        case Claim():
            return _marked(written(value.text), value.markers)
        case _:
            return value


def _marked(text: str, markers: tuple[int, ...]) -> str:
    between = "\n" if text.endswith(("```", "~~~")) else " "
    return text + between + "".join(f"[{marker}]" for marker in markers)


def _escaped(text: str) -> str:
    r"""Return a document's words so that a Markdown page shows them and does nothing else; code stays code.

    Example:
        >>> _escaped("See ![x](http://a) <b>")
        'See \\!\\[x\\](http://a) \\<b\\>'
    """
    if text.startswith(("```", "~~~")):
        return text
    return _LINE_START.sub(r"\1\2\\\3", _MARKDOWN.sub(r"\\\1", plain(text)))


def _slots(reply: BaseModel) -> list[Any]:
    """Return quotes, claims and phrases in the order of the fields, for contracts without a template."""
    found: list[Any] = []
    for name in type(reply).model_fields:
        if name != "status":
            found.extend(_within(getattr(reply, name)))
    return found


def _within(value: Any) -> list[Any]:
    match value:
        case Quote() | Claim():
            return [value]
        case BaseModel():
            return [each for name in type(value).model_fields for each in _within(getattr(value, name))]
        case list() | tuple():
            return [each for item in value for each in _within(item)]  # pyright: ignore[reportUnknownVariableType]
        case None | "":
            return []
        case _:
            return [value]
