"""What must be repeated letter by letter: code, paths, flags, versions, addresses, times; and names."""

from __future__ import annotations

import re

_LITERAL = re.compile(
    r"`[^`\n]+`"  # code
    r"|(?:https?|ftp)://[^\s<>\"'`)\]]+|\bwww\.[^\s<>\"'`)\]]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail
    r"|(?<!\w)[#@$][A-Za-z_][\w-]*"  # channels, people, variables
    r"|(?<![\w-])--?[A-Za-z][\w-]*(?:=\S+)?"  # flags
    r"|(?<!\w)(?:[A-Za-z]:\\|\.{0,2}/)[\w.-]+(?:[/\\][\w.-]+)*/?"  # paths
    r"|\b\w+(?:[/\\][\w-]+)+\.\w+\b"
    r"|\b\w+\.\w+\(\)|\b\w+\(\)"
    r"|\b[A-Za-z]\w*_\w+\b|\b[a-z]+[a-z0-9]*[A-Z]\w*\b"  # snake_case, camelCase
    r"|\bv?\d+(?:\.\d+){2,}\b|\b[A-Za-z]+-?\d[\w-]*\b"  # versions, ERR42
    r"|\b\d{1,2}:\d{2}\b|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b"  # times, and dates that can be read in two ways
    r"|\b[A-Za-z][\w-]*(?:\.[a-z][\w-]*)+\b"  # example.com, config.yaml
)
_SHOWN_AROUND = "`.,;:!?"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:]|\n)[\s\"'“‘(\[*_>#-]*$")
_POSSESSIVE = re.compile(r"['’]s?$")


def take_literals(text: str) -> tuple[set[str], str]:
    """Return what must be repeated letter by letter, and the text without it.

    Example:
        >>> take_literals("Set `max_size` or see a@b.org.")
        ({...}, 'Set   or see  .')
    """
    found = {match.group().strip(_SHOWN_AROUND) for match in _LITERAL.finditer(text)}
    return found, _LITERAL.sub(" ", text)


def holds_literal(text: str, literal: str) -> bool:
    """Return whether a text holds a literal, and not merely a longer one around it."""
    return re.search(rf"(?<!\w)(?<!-(?=-)){re.escape(literal)}(?!\w|[-./:@]\w)", text) is not None


def names(text: str) -> set[str]:
    """Return the words that are written like names: with a capital inside a sentence, or capitals inside the word.

    Example:
        >>> sorted(names("Then Ana's friend in New York called NASA."))
        ['Ana', 'NASA', 'New', 'York']
    """
    return {
        _POSSESSIVE.sub("", word)
        for match in _WORD.finditer(text)
        if (word := match.group()) != "I"
        and (_inside(word) or (word[0].isupper() and not _SENTENCE_START.search(text, 0, match.start())))
    }


def name_words(text: str) -> set[str]:
    """Return all words of a text as they are written, to look names up in."""
    return {_POSSESSIVE.sub("", word) for word in _WORD.findall(text)}


def _inside(word: str) -> bool:
    return any(letter.isupper() for letter in word[1:])
