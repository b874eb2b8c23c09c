"""Documents of a web site, found through its sitemap or by following its links."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hybrid.errors import ConfigError, ReadError, SourceError
from hybrid.protocols import Entry, Listing
from hybrid.types import Document
from hybrid_connectors._content import read_content
from hybrid_connectors._media import DOCX, HTML, MARKDOWN, PARSED, PDF, PLAIN, PPTX, XLSX, media_type_of
from hybrid_connectors._selection import SelectionSettings
from hybrid_connectors._urls import canonical_url, origin_of, path_of_url, place_of_url

if TYPE_CHECKING:
    from hybrid_connectors._crawl import Crawl
    from hybrid_connectors._fetch import Fetched, Fetcher

_TYPES = frozenset({HTML, "application/xhtml+xml", PLAIN, MARKDOWN, PDF, DOCX, PPTX, XLSX})
_ASSETS = frozenset(
    {
        ".7z", ".avi", ".bmp", ".bz2", ".css", ".eot", ".exe", ".gif", ".gz", ".ico", ".iso", ".jar", ".jpeg", ".jpg",
        ".js", ".json", ".map", ".mjs", ".mov", ".mp3", ".mp4", ".ogg", ".otf", ".png", ".rar", ".svg", ".tar", ".tgz",
        ".ttf", ".wav", ".webm", ".webp", ".woff", ".woff2", ".xml", ".xz", ".zip",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Web(SelectionSettings):
    """The pages of one site (scheme, host and port), as any visitor sees them.

    robots.txt is honoured, requests pause in between, and unchanged pages are not sent again (ETag, Last-Modified).
    Only public addresses are asked, whatever a page, a redirect or a name server says; hosts of an intranet are named
    in ``allow_hosts``. Rules and patterns see the path without host and query; the root is ``.``. A page's own text
    says nothing about its readers.

    Example:
        >>> site = Web(name="site", sitemap="https://www.example.org/sitemap.xml", default_readers=("public",))
    """

    url: str | None = None
    """Page to start from; links within the site are followed."""

    sitemap: str | None = None
    """Sitemap, plain or gzip, or an index of sitemaps; then no links are followed."""

    max_pages: int = 1000
    """Number of pages above which a listing is given up."""

    allow_hosts: tuple[str, ...] = ()
    """Hosts, or ``host:port``, that may have an address that is not public."""

    delay_seconds: float = 0.5
    """Pause between two requests; a longer one in robots.txt wins."""

    timeout_seconds: float = 20.0
    """Time for one page."""

    def __post_init__(self) -> None:
        """Refuse an address that names no site, and two starts or none."""
        super().__post_init__()
        if (self.url is None) == (self.sitemap is None):
            raise ConfigError(f"source {self.name!r}: give either url, to follow links, or sitemap")
        if canonical_url(self.url or self.sitemap or "") is None:
            raise ConfigError(f"source {self.name!r}: the address must begin with http:// or https:// and hold no user")
        if self.max_pages <= 0 or self.timeout_seconds <= 0 or self.delay_seconds < 0:
            raise ConfigError(f"source {self.name!r}: max_pages and timeout_seconds must be above zero")

    @property
    def fingerprint(self) -> str:
        """Changes when a setting changes that can alter documents."""
        return self._fingerprint(origin_of(self._start), self.max_bytes, self.parse_seconds)

    def list(self, cursor: str | None = None) -> Listing:
        """Return every page of the site, asking only for what changed since the listing of the cursor.

        Raises:
            SourceError: robots.txt, the sitemap or the first page does not answer, or there are too many pages.
        """
        from hybrid_connectors import _crawl

        try:
            crawl = self._crawl(cursor)
        except SourceError as error:
            raise SourceError(f"source {self.name!r}: {error}; nothing was removed because of it") from error
        pages = {url: page for url, page in sorted(crawl.pages.items()) if self._wants(url)}
        self._listed.clear()
        self._listed.update({path_of_url(url): (url, crawl.bodies.get(url)) for url in pages})
        entries = tuple(
            Entry(path=path_of_url(url), state=_crawl.UNANSWERED if url in crawl.unanswered else page.state)
            for url, page in pages.items()
        )
        return Listing(entries=entries, cursor=_crawl.to_cursor(crawl.pages))

    def read(self, entry: Entry) -> Document:
        """Return one page.

        Raises:
            ReadError: The last listing has no such page, it does not answer, or its content is not what it says.
        """
        if not self._listed:
            self.list()
        if entry.path not in self._listed:
            raise ReadError(f"{entry.path}: is not a document of source {self.name!r}; read only paths of its listing")
        url, answer = self._listed[entry.path]
        answer = answer or self._fetcher.get(url, types=_TYPES)
        if answer.status != 200:
            raise ReadError(f"{url}: answers {answer.status}; tried again next time")
        if answer.media_type not in _TYPES:
            raise ReadError(f"{url}: has become {answer.media_type[:60]!r}; sync again")
        return self._page(entry.path, url, answer)

    def _page(self, path: str, url: str, answer: Fetched) -> Document:
        from hybrid_connectors._charset import to_utf8

        place = place_of_url(url)
        media_type = HTML if answer.media_type == "application/xhtml+xml" else answer.media_type
        if media_type == PLAIN and media_type_of(place) not in (None, *PARSED):
            media_type = media_type_of(place) or PLAIN
        binary = media_type in PARSED and media_type != HTML
        data = answer.body if binary else to_utf8(answer.body, answer.headers.get("content-type", ""), url)
        content = read_content(place, data, media_type, parse_seconds=self.parse_seconds, front_matter=False)
        return self._document(path, url, content, place=place)

    def _crawl(self, cursor: str | None) -> Crawl:
        from hybrid_connectors import _crawl

        origin = origin_of(self._start)
        robots = _crawl.robots_of(self._fetcher, origin)
        self._fetcher.delay = max(self.delay_seconds, robots.delay)
        crawl = _crawl.Crawl(
            fetcher=self._fetcher,
            robots=robots,
            origin=origin,
            known=_crawl.from_cursor(cursor),
            types=_TYPES,
            wanted=lambda url: url == self._start or self._wants(url),
            max_pages=self.max_pages,
            parse_seconds=self.parse_seconds,
            follow_links=self.sitemap is None,
        )
        if self.sitemap is not None:
            crawl.run(tuple(_crawl.sitemap_pages(self._fetcher, self._start, self.max_bytes)))
        else:
            crawl.run([self._start])
        if self._start in crawl.unanswered or not crawl.pages:
            raise SourceError(f"{self._start} gives no page; correct it (does it lead to another host?) or try later")
        return crawl

    def _wants(self, url: str) -> bool:
        place = place_of_url(url)
        name = place.rsplit("/", 1)[-1].lower()
        return name[name.rfind(".") :] not in _ASSETS and self._includes(place) and not self._excludes(place)

    @property
    def _start(self) -> str:
        return canonical_url(self.url or self.sitemap or "") or ""

    @cached_property
    def _fetcher(self) -> Fetcher:
        from hybrid_connectors._fetch import Fetcher

        fetcher = Fetcher(
            allow_hosts=self.allow_hosts,
            max_bytes=self.max_bytes,
            timeout=self.timeout_seconds,
            delay=self.delay_seconds,
        )
        weakref.finalize(self, fetcher.close)
        return fetcher

    @cached_property
    def _listed(self) -> dict[str, tuple[str, Fetched | None]]:
        """Address and, where the listing fetched it, answer of each path."""
        return {}
