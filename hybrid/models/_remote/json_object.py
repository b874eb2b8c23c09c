"""The JSON object in what a model says around it."""

from __future__ import annotations


class ObjectReader:
    """Takes a text piece by piece and gives back what belongs to its first JSON object.

    Models without a strict mode like to put fences or a sentence around it.

    Example:
        >>> reader = ObjectReader()
        >>> "".join(reader.feed(piece) for piece in ('Sure: ```{"a": "}', '"} ```'))
        '{"a": "}"}'
    """

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._parts: list[str] = []
        self.complete = False

    @property
    def text(self) -> str:
        """The object so far."""
        return "".join(self._parts)

    def feed(self, piece: str) -> str:
        """Return the part of a piece that belongs to the object."""
        begin = 0 if self._depth else piece.find("{")
        if self.complete or begin < 0:
            return ""
        end = next((place + 1 for place in range(begin, len(piece)) if self._closed_by(piece[place])), len(piece))
        part = piece[begin:end]
        self._parts.append(part)
        return part

    def _closed_by(self, character: str) -> bool:
        if self._in_string:
            self._read_in_string(character)
        elif character == '"':
            self._in_string = True
        elif character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
            self.complete = self._depth <= 0
        return self.complete

    def _read_in_string(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._in_string = False
