"""Documents in a file of JSON lines, also in the folder shape of the BEIR benchmarks."""

from __future__ import annotations

import hashlib
import json
import weakref
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast
from urllib.parse import quote

from hybrid.errors import ConfigError, ReadError, SourceError
from hybrid.protocols import Entry, Listing
from hybrid.types import Document
from hybrid_connectors._keys import path_of_key
from hybrid_connectors._lines import Line, LineFile
from hybrid_connectors._records import record_content
from hybrid_connectors._settings import SourceSettings

_MAX_DIGITS = 1_000
_CORPUS = ("corpus.jsonl", "corpus.jsonl.gz")


@dataclass(frozen=True, kw_only=True)
class Jsonl(SourceSettings):
    """A file with one JSON object per line, plain or ``.gz``: id, text and whatever else it says about itself.

    ``title``, ``access``, ``deny``, ``tenant``, ``valid_from`` and ``valid_until`` mean what they mean in front matter;
    other scalars and the scalars of ``metadata`` are metadata. A folder is read as BEIR: its ``corpus.jsonl``.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as root:
        ...     file = Path(root, "faq.jsonl")
        ...     _ = file.write_text('{"id": "q1", "title": "Refunds", "text": "Within 30 days.", "access": ["public"]}')
        ...     faq = Jsonl(name="faq", path=file)
        ...     [faq.read(entry).title for entry in faq.list().entries]
        ['Refunds']
    """

    path: Path
    """The file, or a folder with ``corpus.jsonl`` or ``corpus.jsonl.gz``."""

    id_field: str | None = None
    """Field of the id; left out, ``_id`` or ``id``."""

    text_field: str = "text"
    """Field of the text."""

    title_field: str = "title"
    """Field of the title."""

    access_field: str = "access"
    """Field of the list of readers."""

    metadata_field: str = "metadata"
    """Field of an object whose scalars become metadata."""

    url_field: str = "url"
    """Field of the place where a person can open the document; left out in a line, it is the file and the id."""

    max_bytes: int = 20_000_000
    """Length above which a line is refused."""

    def __post_init__(self) -> None:
        """Refuse settings that limit nothing."""
        super().__post_init__()
        if self.max_bytes <= 0:
            raise ConfigError(f"source {self.name!r}: max_bytes must be above zero")

    @property
    def fingerprint(self) -> str:
        """Changes when a setting changes that can alter documents."""
        names = (
            self.id_field,
            self.text_field,
            self.title_field,
            self.access_field,
            self.metadata_field,
            self.url_field,
        )
        return self._fingerprint(str(self._file), *names)

    @property
    def watch_paths(self) -> Sequence[str]:
        """The folder that holds the file."""
        return (str(self._file.parent),)

    def list(self, cursor: str | None = None) -> Listing:
        """Return every line's document, in the order of the file.

        Raises:
            SourceError: The file is missing or damaged, a line is not a JSON object with an id, or two share one id.
        """
        try:
            places = self._located(self._lines.lines(self.max_bytes))
        except (OSError, EOFError, zlib.error) as error:
            raise SourceError(
                f"source {self.name!r}: cannot read {str(self._file)!r} ({error}); nothing was removed because of it"
            ) from error
        self._places.clear()
        self._places.update(places)
        return Listing(entries=tuple(Entry(path=path, state=place.state) for path, place in places.items()))

    def read(self, entry: Entry) -> Document:
        """Return the document of one line.

        Raises:
            ReadError: No line has this id, the file changed since it was listed, or the line's fields are unusable.
        """
        if not self._places:
            self.list()
        place = self._places.get(entry.path)
        if place is None:
            raise ReadError(f"{entry.path}: is not a document of source {self.name!r}; read only paths of its listing")
        where = f"{self._file.name}:{place.number}"
        try:
            data = self._lines.read(place.offset, place.length)
        except (OSError, EOFError, zlib.error) as error:
            raise ReadError(f"{where}: cannot be read ({error}); sync again") from error
        if _state(data) != place.state:
            raise ReadError(f"{where}: changed since it was listed; sync again")
        return self._record(entry.path, _object(data, where), where)

    @cached_property
    def _file(self) -> Path:
        if not self.path.is_dir():
            return self.path.absolute()
        candidates = [self.path.absolute() / name for name in _CORPUS]
        return next((file for file in candidates if file.exists()), candidates[0])

    @cached_property
    def _lines(self) -> LineFile:
        lines = LineFile(self._file)
        weakref.finalize(self, lines.close)
        return lines

    @cached_property
    def _places(self) -> dict[str, _Place]:
        return {}

    def _located(self, lines: Iterator[Line]) -> dict[str, _Place]:
        places: dict[str, _Place] = {}
        for line in lines:
            if not line.data.strip():
                continue
            path = path_of_key(self._key(line))
            if path in places:
                raise SourceError(
                    f"{self._file.name}:{line.number}: id {path!r} is already the id of line {places[path].number}; "
                    "give each line its own id"
                )
            places[path] = _Place(
                number=line.number, offset=line.offset, length=len(line.data), state=_state(line.data)
            )
        return places

    def _key(self, line: Line) -> str:
        where = f"{self._file.name}:{line.number}"
        if len(line.data) > self.max_bytes:
            raise SourceError(f"{where}: is longer than {self.max_bytes:,} bytes; split it or raise max_bytes")
        record = _object(line.data, where)
        names = (self.id_field,) if self.id_field else ("_id", "id")
        key = next((record[name] for name in names if name in record), None)
        if isinstance(key, bool) or not isinstance(key, str | int) or key == "":
            raise SourceError(f"{where}: has no id; each line needs a text or number in field {' or '.join(names)!r}")
        return str(key)

    def _record(self, path: str, record: dict[str, object], where: str) -> Document:
        nested = record.pop(self.metadata_field, None)
        text, url = record.pop(self.text_field, None), record.get(self.url_field)
        for name in (self.id_field,) if self.id_field else ("_id", "id"):
            record.pop(name, None)
        renamed = {self.title_field: "title", self.access_field: "access"}
        values = {renamed.get(name, name): value for name, value in record.items()}
        if isinstance(nested, dict):
            values = {**cast("dict[str, object]", nested), **values}
        content = record_content(path, text, values, where)
        uri = url if isinstance(url, str) and url else f"{self._file.as_uri()}#{quote(path)}"
        return self._document(path, uri, content)


@dataclass(frozen=True, kw_only=True)
class _Place:
    number: int
    offset: int
    length: int
    state: str


def _state(data: bytes) -> str:
    return hashlib.blake2b(data.strip(), digest_size=16).hexdigest()


def _object(data: bytes, where: str) -> dict[str, object]:
    try:
        record = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_distinct, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        problem = error.msg if isinstance(error, json.JSONDecodeError) else str(error)[:100]
        raise SourceError(f"{where}: is not a JSON object ({problem}); correct the line") from error
    if not isinstance(record, dict):
        raise SourceError(f"{where}: is not a JSON object but a {type(record).__name__}; correct the line")
    return cast("dict[str, object]", record)


def _integer(digits: str) -> int | str:
    """Return the number, or its digits where it is longer than Python reads and than any index stores."""
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def _distinct(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a field is named twice")
    return record
