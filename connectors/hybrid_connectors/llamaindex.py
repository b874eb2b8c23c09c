"""Documents of any LlamaIndex reader, with ids that stay the same from one load to the next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hybrid.access import parse_access
from hybrid.errors import AccessError, ReadError, SourceError
from hybrid.protocols import Entry, Listing
from hybrid.types import Access, Document
from hybrid_connectors._keys import path_of_key
from hybrid_connectors._media import PARSED, media_type_of
from hybrid_connectors._records import record_content
from hybrid_connectors._settings import SourceSettings

if TYPE_CHECKING:
    from llama_index.core.readers.base import BaseReader
    from llama_index.core.schema import Document as LlamaDocument


@dataclass(frozen=True, kw_only=True)
class LlamaIndexReader(SourceSettings):
    """Any LlamaIndex reader as a source.

    LlamaIndex gives most documents a new random id at every load, and its readers cannot list without loading: each
    listing loads everything, and ids come from the metadata or, without any, from the content. What the metadata calls
    ``title``, ``access``, ``deny``, ``tenant``, ``valid_from`` and ``valid_until`` means what it means in front matter.

    Example:
        >>> from llama_index.core.readers import StringIterableReader
        >>> source = LlamaIndexReader(name="notes", reader=StringIterableReader(), load={"texts": ["Hello"]})
        >>> [source.read(entry).text for entry in source.list().entries]
        ['Hello']
    """

    reader: BaseReader
    """The reader."""

    load: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Arguments of its ``load_data``."""

    id_keys: tuple[str, ...] = ("file_path", "url", "source", "path", "id", "file_name", "title")
    """Metadata that identifies a document: the first one present. Parts of one file are numbered in their order."""

    access: Callable[[LlamaDocument], Access | None] | None = None
    """Who may read a document; where it returns None, metadata, rules and default readers decide as usual."""

    version: str = ""
    """To be changed when the reader or ``access`` works differently, so that all documents are read again."""

    @property
    def fingerprint(self) -> str:
        """Changes when a setting changes that can alter documents."""
        return self._fingerprint(type(self.reader).__qualname__, self.id_keys, self.access is not None, self.version)

    def list(self, cursor: str | None = None) -> Listing:
        """Load everything and return every document, in the reader's order.

        Raises:
            SourceError: The reader or ``access`` fails.
        """
        try:
            loaded = self.reader.load_data(**self.load)
            granted = [self.access(document) if self.access else None for document in loaded]
        except Exception as error:  # a reader may raise anything; its message may hold tokens or text
            raise SourceError(
                f"source {self.name!r}: {type(self.reader).__name__} failed with {type(error).__name__}; nothing was "
                "removed because of it, run the reader by itself to see why"
            ) from error
        self._loaded.clear()
        for document, access in zip(loaded, granted, strict=True):
            path = self._path(document)
            self._loaded[path] = _Loaded(document=document, access=access, state=_state(document, access))
        return Listing(entries=tuple(Entry(path=path, state=item.state) for path, item in self._loaded.items()))

    def read(self, entry: Entry) -> Document:
        """Return one document of the last listing.

        Raises:
            ReadError: The listing has no such document, or its fields are unusable.
        """
        if not self._loaded:
            self.list()
        item = self._loaded.get(entry.path)
        if item is None:
            raise ReadError(f"{entry.path}: is not a document of source {self.name!r}; read only paths of its listing")
        metadata = dict(item.document.metadata)
        media_type = metadata.pop("file_type", None) or media_type_of(entry.path)
        # Whatever a file was, its reader has made plain text of it.
        values = {"media_type": None if media_type in PARSED else media_type, **metadata}
        content = record_content(entry.path, item.document.text, values, entry.path)
        if item.access is not None:
            access = _checked(item.access, entry.path)
            denied = (*content.fields.denied, *access.denied)
            content = replace(content, fields=replace(content.fields, readers=access.readers, denied=denied))
        return self._document(entry.path, _uri(metadata, entry.path), content)

    @cached_property
    def _loaded(self) -> dict[str, _Loaded]:
        return {}

    def _path(self, document: LlamaDocument) -> str:
        keys = (str(document.metadata[key]) for key in self.id_keys if document.metadata.get(key))
        key = next(keys, None) or hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        path, number = path_of_key(key.lstrip("/")), 1
        while (numbered := path if number == 1 else f"{path}#{number}") in self._loaded:
            number += 1
        return numbered


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    """A document of the last listing."""

    document: LlamaDocument
    access: Access | None
    state: str


def _state(document: LlamaDocument, access: Access | None) -> str:
    parts = (document.text, json.dumps(document.metadata, sort_keys=True, default=str), repr(access))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _checked(access: Access, path: str) -> Access:
    try:
        return parse_access(access.readers, access.denied)
    except AccessError as error:
        raise ReadError(f"{path}: access: {error}") from error


def _uri(metadata: Mapping[str, object], path: str) -> str:
    for key in ("url", "link", "source"):
        value = metadata.get(key)
        if isinstance(value, str) and "://" in value:
            return value
    file = metadata.get("file_path")
    return Path(file).as_uri() if isinstance(file, str) and Path(file).is_absolute() else f"llamaindex:{quote(path)}"
