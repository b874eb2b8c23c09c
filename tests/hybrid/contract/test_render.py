"""A document's words are shown on a page and do nothing there; code stays code; plain text holds no foreign marker."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pydantic import BaseModel

from hybrid.contract import Contract, Quote, SupportReply

LIVE = {"image", "link_open", "html_inline", "html_block", "heading_open", "table_open", "hr", "blockquote_open"}
LIVE |= {"em_open", "strong_open", "s_open", "code_inline", "bullet_list_open", "ordered_list_open", "code_block"}
PAGE = MarkdownIt("commonmark").enable(["table", "strikethrough"])


class Listed(BaseModel):
    status: Literal["answered", "refused"]
    facts: list[Quote]
    template: ClassVar[str] = "{% for fact in facts %}* {{ fact }}\n{% endfor %}"


class Joined(Listed):
    template: ClassVar[str] = "{% for fact in facts %}{{ fact }}{% endfor %}"


def quote(text: str, marker: int = 1) -> Quote:
    return Quote.model_construct(id=f"E{marker}", text=text, marker=marker)


def support(*texts: str) -> SupportReply:
    quotes = tuple(quote(text, number) for number, text in enumerate(texts, start=1))
    return SupportReply.model_construct(status="answered", opening="", evidence=quotes, closing="")


def live(markdown: str, allowed: frozenset[str] = frozenset()) -> set[str]:
    tokens = PAGE.parse(markdown)
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}
    return kinds & LIVE - allowed


ATTACKS = [
    "![x](http://evil.example/?q=1)",
    "[click](http://evil.example)",
    "[click][1]",
    "[1]: http://evil.example",
    "<http://evil.example>",
    "<img src=http://evil.example>",
    "<script>alert(1)</script>",
    "# Heading",
    "Heading\n===",
    "Heading\n---",
    "> quoted",
    "1. one",
    "1) one",
    "+ one",
    "- [ ] one",
    "***",
    "**bold** _under_ ~~gone~~ `code`",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "```inline``` ![x](http://evil.example)",
    "```\ncode\n```\n![x](http://evil.example)",
    "```\nno end\n\n![x](http://evil.example)",
    "~~~ a `b`\n![x](http://evil.example)\n~~~ c",
    "````\n```\n![x](http://evil.example)\n````",
    "\\[x](http://evil.example)",
    "&lt;img&gt; &#60;b&#62;",
    "(http://evil.example)",
    "a\u2028# b\n\n    indented",
    "\x02```\n![x](http://evil.example)\n```\x03",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_of_a_document_becomes_live(text: str) -> None:
    assert live(Contract(SupportReply).render(support("First.", text, "Last."), "markdown")) == set()
    for model in (Listed, Joined):
        reply = model.model_construct(status="answered", facts=[quote("First."), quote(text, 2), quote(text, 3)])
        assert live(Contract(model).render(reply, "markdown"), frozenset({"bullet_list_open"})) == set()


pieces = st.lists(
    st.sampled_from([*ATTACKS, "```", "~~~", "\n", " ", "a", "[", "]", "(", ")", "!", "<", "\\", "`", "#"])
)


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(pieces.map("".join), min_size=1, max_size=3))
def test_no_mixture_becomes_live(texts: list[str]) -> None:
    assert live(Contract(SupportReply).render(support(*texts), "markdown")) == set()


@settings(max_examples=150, deadline=None)
@given(text=st.text(min_size=1, max_size=60))
def test_a_page_shows_a_documents_words_as_they_are(text: str) -> None:
    markdown = Contract(SupportReply).render(support(f"a {text} z"), "markdown")
    shown = "".join(child.content for token in PAGE.parse(markdown) for child in token.children or ())
    assert shown.split() == Contract(SupportReply).render(support(f"a {text} z")).split()


def test_code_stays_code() -> None:
    code = "```python\nif a < b:\n    print(f'**{a}**')\n```"
    markdown = Contract(SupportReply).render(support(code), "markdown")
    assert markdown == f"{code}\n[1]"
    (fence,) = (token for token in PAGE.parse(markdown) if token.type == "fence")
    assert fence.content == "if a < b:\n    print(f'**{a}**')\n"


def test_code_within_a_list_item_is_one_line_because_its_fence_would_end_there() -> None:
    reply = Listed.model_construct(status="answered", facts=[quote("```\n![x](http://evil.example)\n```")])
    assert "fence" not in {token.type for token in PAGE.parse(Contract(Listed).render(reply, "markdown"))}


def test_a_documents_own_marker_is_none_of_the_answer() -> None:
    reply = support("As Meyer [2] and [[3]] and [ 4] say.", "```\nx[0] = [5]\n```")
    for form in ("plain", "markdown"):
        assert re.findall(r"(?<!\\)\[(\d+)\]", Contract(SupportReply).render(reply, form)) == ["1", "2"]


def test_plain_text_reads_without_markup_and_hidden_characters() -> None:
    reply = support("- It **expires**\n  after\u200b 7 days\u202e", "| Paddle | €39 | |")
    assert Contract(SupportReply).render(reply) == "It expires after 7 days [1]\nPaddle | €39 [2]"


def test_without_a_template_slots_stand_below_each_other() -> None:
    class Bare(BaseModel):
        status: Literal["answered", "refused"]
        facts: list[Quote]
        best: Quote | None

    reply = Bare.model_construct(status="answered", facts=[quote("One."), quote("Two.", 2)], best=quote("One."))
    assert Contract(Bare).render(reply) == "One. [1]\nTwo. [2]\nOne. [1]"
