"""A reply as text, by its contract's template; quotes keep their words and get their markers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from hybrid.contract.slots import Claim, Quote
from hybrid.errors import ContractError
from hybrid.evidence.reading import plain

if TYPE_CHECKING:
    from jinja2 import Template

Form = Literal["plain", "markdown"]
"""``plain`` for terminals and logs, ``markdown`` for pages that render it."""

DEFAULT_TEMPLATE = """\
{% for value in slots(reply) %}{{ value }}
{% endfor %}"""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~&$])")
# At the beginning of a line these make lists, quotes, rules, headings, and of the marker before them a link.
_LINE_START = re.compile(r"^(\s*)(\d+)?([-+.)=(:])", re.MULTILINE)
# Pages often make links of bare addresses: http://a.b, www.a.b, a.b/c, a@b.c.
_ADDRESS = re.compile(r"(?<=\w)(?:(?=://)|(?=\.[^\W\d_])|(?=@\w))")
_FENCE = re.compile(r"(?P<fence>`{3,}|~{3,})(?P<language>[\w+#.-]*)[^\n`~]*\n(?P<code>.*)\n[ \t]*(?P=fence)", re.DOTALL)
_TICKS = re.compile(r"`+|~+")
# Around code until the whole text is known: a fence that does not begin its line would end where a list item ends.
_CODE = re.compile(r"(?P<before>^)?\x02(?P<code>.*?)\x03", re.DOTALL | re.MULTILINE)
_KNOWN = frozenset({"reply", "slots"})


def check_template(template: str, model: type[BaseModel]) -> None:
    """Refuse a template that could never be rendered.

    Raises:
        ContractError: It does not parse, or it names what the contract has not.
    """
    from jinja2 import TemplateSyntaxError
    from jinja2.meta import find_undeclared_variables
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    try:
        named = find_undeclared_variables(ImmutableSandboxedEnvironment().parse(template))
    except TemplateSyntaxError as error:
        raise ContractError(f"the template of contract {model.__name__} fails: {error}; mend it") from None
    if unknown := named.difference(_KNOWN, model.model_fields):
        raise ContractError(
            f"the template of contract {model.__name__} names {min(unknown)!r}, which is no field of it; mend it"
        )


def render(template: str, reply: BaseModel, form: Form) -> str:
    """Return the text of a resolved reply, without blank lines around it."""
    fields = {name: getattr(reply, name) for name in type(reply).model_fields}
    text = _compiled(template, form).render(reply=reply, slots=_slots, **fields).strip()
    return _CODE.sub(_placed, text)


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


def _shown(value: Any, written: Callable[[str, str], str]) -> Any:
    match value:
        case None:
            return ""
        case Quote():
            return _marked(written(value.text, value.head), (value.marker,))
        case Claim():
            return _marked(written(value.text, ""), value.markers)
        case _:
            return value


def _marked(text: str, markers: tuple[int, ...]) -> str:
    between = "\n" if text.endswith(("```", "~~~", "\x03")) else " "
    return text + between + "".join(f"[{marker}]" for marker in markers)


def _escaped(text: str, head: str = "") -> str:
    r"""Return a document's words so that a Markdown page shows them and does nothing else; code stays code.

    Example:
        >>> _escaped("See ![x](http://a) <b>")
        'See \\!\\[x\\](http\\://a) \\<b\\>'
    """
    text = plain(text.strip(), head)
    if code := _FENCE.fullmatch(text):
        return f"\x02{_fenced(text, code['language'])}\x03"
    return _escaped_line(text)


def _escaped_line(text: str) -> str:
    line = " ".join(text.split())
    return _LINE_START.sub(r"\1\2\\\3", _ADDRESS.sub(r"\\", _MARKDOWN.sub(r"\\\1", line)))


def _placed(found: re.Match[str]) -> str:
    return found["code"] if found["before"] is not None else _escaped_line(found["code"])


def _fenced(block: str, language: str) -> str:
    """Return code between fences that are longer than any inside it, which could end it."""
    _, *lines, _ = block.splitlines()
    longest = max((len(ticks) for ticks in _TICKS.findall("\n".join(lines))), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((fence + language, *lines, fence))


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
