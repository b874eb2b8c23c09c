"""How an expected failure reads."""

from __future__ import annotations


def error_line(message: str) -> str:
    r"""Return an error on one line; what a file or a name says neither steers the terminal nor spreads it over several.

    Example:
        >>> error_line("two\nlines")
        'error: two lines'
    """
    one_line = " ".join(message.split())
    return "error: " + "".join(character if character.isprintable() else "\ufffd" for character in one_line)
