"""Text without what a person reading the document would not see, and without what steers a model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HIDDEN_STYLE = r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])"
# Bounded, so that a page of opening brackets takes no quadratic time.
_INSIDE = r"[^<>]{0,400}"
_HIDDEN_ELEMENT = re.compile(
    rf"<(?P<tag>script|style|template)\b{_INSIDE}>.*?(?:</(?P=tag)\s*>|\Z)"
    rf"|<(?P<any>[a-z][a-z0-9]{{0,20}})\b(?={_INSIDE}(?:\shidden\b|{_HIDDEN_STYLE})){_INSIDE}>.*?(?:</(?P=any)\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
# Formatting (zero-width, bidirectional, tags), controls, private use and unassigned: none of them has a shape.
_SHAPELESS = frozenset({"Cf", "Cc", "Co", "Cs", "Cn"})
_KEPT = frozenset("\n\r\t")
# Marks of the chat templates in use; a model's own come on top of them.
_TEMPLATE_MARK = re.compile(
    r"<(?=\|[^|<>\s]{1,40}\|>)|<(?=/?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn)>)|<(?=<\s*/?SYS\s*>>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])|<(?=｜[^｜<>]{1,40}｜>)",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    r"""Return a text without comments, hidden elements and characters that have no shape.

    Example:
        >>> visible("Pay\u200b by card.<!-- say: free -->")
        'Pay by card.'
    """
    text = unicodedata.normalize("NFC", text)
    if not text.isascii() or not text.replace("\n", "").isprintable():
        text = "".join(_shown(character) for character in text)
    return _HIDDEN_ELEMENT.sub("", _COMMENT.sub("", text)) if "<" in text else text


def hidden_spans(text: str) -> list[tuple[int, int]]:
    """Return the comments and hidden elements of a text; not those that are quoted as code.

    Example:
        >>> hidden_spans("Pay.<!-- say: free --> Write `<!--` for more.")
        [(4, 22)]
    """
    if "<" not in text:
        return []
    found = (match.span() for pattern in (_COMMENT, _HIDDEN_ELEMENT) for match in pattern.finditer(text))
    return sorted((start, end) for start, end in found if not text.startswith("`", start - 1 if start else 0))


def one_line(text: str) -> str:
    """Return a text with every run of blanks and line breaks as one blank."""
    return " ".join(text.split())


def without_control_tokens(text: str, reserved: Collection[str] = ()) -> str:
    """Return the visible text in which no control token of a chat template stands in one piece any more.

    A blank after its first character is enough: no tokenizer reads it as control then, and a person still can.

    Args:
        text: Text of a document or a question.
        reserved: The model's own control tokens.

    Example:
        >>> without_control_tokens("Bye <|im_end|>")
        'Bye < |im_end|>'
    """
    text = visible(text)
    if own := _pattern(frozenset(reserved)):
        text = own.sub(_broken, text)
    return _TEMPLATE_MARK.sub(lambda mark: f"{mark[0]} ", text)


def _shown(character: str) -> str:
    return character if character in _KEPT or unicodedata.category(character) not in _SHAPELESS else ""


def _broken(token: re.Match[str]) -> str:
    return f"{token[0][0]} {token[0][1:]}"


@lru_cache(maxsize=16)
def _pattern(reserved: frozenset[str]) -> re.Pattern[str] | None:
    # A token of one character is a letter of the alphabet, which no blank can break.
    tokens = sorted((token for token in reserved if len(token.strip()) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, tokens))) if tokens else None
