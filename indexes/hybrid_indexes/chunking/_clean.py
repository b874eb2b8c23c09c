"""Text as a reader sees it: without comments, tags, shortcodes and the targets of links.

What is dropped says nothing about the subject and takes the place of words in the embedder's window. Every pattern is
linear in the length of the text, whatever the text is.
"""

from __future__ import annotations

import html
import re

_MARKDOWN_NOISE = re.compile(
    r"""
      (?P<code> (?P<ticks>`{1,3}) [^`]+ (?P=ticks) (?!`) )
    | <!-- .*? (?: --> | \Z )
    | \{\{ [<%] (?P<shortcode>[^{}]*) [%>] \}\}
    | !?\[ (?P<label>[^\[\]]*) \]\( (?: [^()\s] | \([^()\s]*\) )* (?: \s+"[^"\n]*" )? \)
    | (?m:^)[ ]{0,3} \[ [^\[\]^\n] [^\[\]\n]* \]:[ \t]+ \S+ [^\n]*
    | </?[a-zA-Z][a-zA-Z0-9]* (?: \s[^<>]* )? /?>
    | (?m:^) [ \t]* [-=*_|:+~]{3} [-=*_|:+~ \t]* (?m:$)
    """,
    re.VERBOSE | re.DOTALL,
)
_SHORTCODE_TEXT = re.compile(r'\btext="([^"]*)"|^\s*heading\s+"([^"]*)"')
_RST_NOISE = re.compile(
    r"""
      (?P<literal> ``[^`]+`` )
    | (?: :[a-zA-Z][\w:+.-]*: )? ` (?P<label>[^`<]*) (?: <[^`<>]*> )? `_{0,2}
    | ^[ \t]* \.\.[ ] (?: _[^\n]*: | \|[^|\n]*\|[ ] )? (?: [a-zA-Z][\w:+.-]*:: )?
    | ^[ \t]* ([-=`:'"~^_*+\#<>.]) \3{2,} [-=+ \t]* $
    """,
    re.VERBOSE | re.MULTILINE,
)
_HEADING_ATTRIBUTES = re.compile(r"\{[#.:][^{}]*\}\s*$")


def clean_markdown(text: str) -> str:
    """Return Markdown without markup noise; code keeps its characters."""
    cleaned = _MARKDOWN_NOISE.sub(_kept_of_markdown, text)
    if "](" in cleaned:  # an image that is a link: its label was a link itself
        cleaned = _MARKDOWN_NOISE.sub(_kept_of_markdown, cleaned)
    return html.unescape(cleaned)


def clean_rst(text: str) -> str:
    """Return reStructuredText without roles, link targets, directive marks and underlines."""
    return _RST_NOISE.sub(lambda match: match["literal"] or match["label"] or "", text)


def clean_nothing(text: str) -> str:
    """Return the text as it is: plain text and code have no markup."""
    return text


def heading_title(source: str) -> str:
    """Return a Markdown heading's text without markup."""
    title = clean_markdown(_HEADING_ATTRIBUTES.sub("", source))
    return " ".join(title.replace("`", "").replace("**", "").split())


def _kept_of_markdown(match: re.Match[str]) -> str:
    if match["code"]:
        return match["code"]
    if (shortcode := match["shortcode"]) is not None:
        return " ".join(first or second for first, second in _SHORTCODE_TEXT.findall(shortcode)) or " "
    return match["label"] or " "
