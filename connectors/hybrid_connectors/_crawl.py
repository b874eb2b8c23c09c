"""The pages of a site: from its sitemap or by following links, asking only for what changed."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from hybrid.errors import ReadError, SourceError
from hybrid_connectors import _parsing
from hybrid_connectors._charset import to_utf8
from hybrid_connectors._fetch import AGENT, Fetched, Fetcher, redirect_of
from hybrid_connectors._media import HTML
from hybrid_connectors._robots import Robots, parse_robots
from hybrid_connectors._sitemap import parse_sitemap
from hybrid_connectors._urls import canonical_url, origin_of, target_of

_MAX_SITEMAPS = 1000
_KEPT_BYTES = 64_000_000
UNANSWERED = "unanswered"
"""State of a page that gave no answer: it is still part of the site, and reading it will say what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is remembered of a page from one listing to the next."""

    state: str
    """ETag, date or hash of the content."""

    etag: str = ""
    """Its ETag, to ask for changes only."""

    modified: str = ""
    """Its Last-Modified."""

    links: tuple[str, ...] = ()
    """Canonical addresses of the same site that it links to."""


_PAGES = TypeAdapter(dict[str, Page])


def to_cursor(pages: Mapping[str, Page]) -> str:
    """Return what is remembered as text."""
    return _PAGES.dump_json(dict(pages)).decode()


def from_cursor(cursor: str | None) -> dict[str, Page]:
    """Return what was remembered; nothing where it cannot be understood, at the price of asking for all pages."""
    try:
        return _PAGES.validate_json(cursor or "{}")
    except ValidationError:
        return {}


@dataclass(kw_only=True)
class Crawl:
    """One listing of one site."""

    fetcher: Fetcher
    """Asks for pages."""

    robots: Robots
    """What the site permits."""

    origin: str
    """The site."""

    known: Mapping[str, Page]
    """Pages of the last listing."""

    types: Collection[str]
    """Media types that are documents."""

    wanted: Callable[[str], bool]
    """Whether an address is to be read."""

    max_pages: int
    """Number of requests above which the listing is given up."""

    parse_seconds: float
    """Time for finding the links of one page."""

    follow_links: bool
    """Whether pages are found by links."""

    pages: dict[str, Page] = field(default_factory=dict[str, Page])
    """Documents found."""

    unanswered: set[str] = field(default_factory=set[str])
    """Pages among them that gave no answer now."""

    bodies: dict[str, Fetched] = field(default_factory=dict[str, Fetched])
    """Answers of this listing, to be read without asking again."""

    _kept: int = 0

    def run(self, start: Sequence[str]) -> None:
        """Visit the addresses and, where links are followed, all that they lead to.

        Raises:
            SourceError: There are more pages than the limit, so that the listing would be incomplete.
        """
        pending, seen, asked = deque(dict.fromkeys(start)), set(start), 0
        while pending:
            url = pending.popleft()
            if not self._permitted(url):
                continue
            asked += 1
            if asked > self.max_pages:
                raise SourceError(f"the site has more than {self.max_pages} pages; raise max_pages or narrow include")
            for link in self._visit(url):
                if link not in seen:
                    seen.add(link)
                    pending.append(link)

    def _permitted(self, url: str) -> bool:
        return origin_of(url) == self.origin and self.robots.allows(target_of(url)) and self.wanted(url)

    def _visit(self, url: str) -> Sequence[str]:
        before = self.known.get(url)
        conditions = {"If-None-Match": before.etag, "If-Modified-Since": before.modified} if before else {}
        try:
            answer = self.fetcher.get(
                url, headers={name: value for name, value in conditions.items() if value}, types=self.types
            )
        except ReadError:
            return self._missed(url, before)
        if answer.status in (404, 410):
            return ()
        if answer.status == 304 and before:
            self.pages[url] = before
            return before.links
        if answer.status in (301, 302, 303, 307, 308):
            target = redirect_of(answer)
            return (target,) if target else ()
        if answer.status != 200:
            return self._missed(url, before)
        return self._found(url, answer, before)

    def _missed(self, url: str, before: Page | None) -> Sequence[str]:
        # What the page led to is still there: without its old links those pages would seem to be gone.
        self.pages[url] = before or Page(state=UNANSWERED)
        self.unanswered.add(url)
        return self.pages[url].links

    def _found(self, url: str, answer: Fetched, before: Page | None) -> Sequence[str]:
        if answer.media_type not in self.types:
            return ()
        links = self._links(answer, before) if self.follow_links else ()
        etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
        state = etag or modified or hashlib.sha256(answer.body).hexdigest()
        self.pages[url] = Page(state=state, etag=etag, modified=modified, links=tuple(links))
        self._kept += len(answer.body)
        if self._kept <= _KEPT_BYTES:
            self.bodies[url] = answer
        return links

    def _links(self, answer: Fetched, before: Page | None) -> Sequence[str]:
        if answer.media_type not in (HTML, "application/xhtml+xml"):
            return ()
        try:
            page = to_utf8(answer.body, answer.headers.get("content-type", ""), answer.url)
            found = _parsing.parse(page, HTML, answer.url, seconds=self.parse_seconds).links
        except ReadError:
            return before.links if before else ()
        targets = (canonical_url(link, answer.url) for link in found)
        return list(dict.fromkeys(target for target in targets if target and origin_of(target) == self.origin))


def robots_of(fetcher: Fetcher, origin: str) -> Robots:
    """Return what a site permits.

    Raises:
        SourceError: The site does not answer, in which case nothing may be assumed (RFC 9309, 2.3.1.4).
    """
    try:
        answer = fetcher.follow(f"{origin}/robots.txt")
    except ReadError as error:
        raise SourceError(str(error)) from error
    if answer.status >= 500 or answer.status == 429:
        raise SourceError(f"{answer.url}: answers {answer.status}; try again later")
    if answer.status != 200:
        return Robots()
    return parse_robots(answer.body[:512_000].decode("utf-8", "replace"), AGENT)


def sitemap_pages(fetcher: Fetcher, url: str, max_bytes: int) -> Iterator[str]:
    """Yield the canonical addresses that a sitemap, and those it names, list.

    Raises:
        SourceError: One of them cannot be read, so that the listing would be incomplete.
    """
    pending, seen = deque([url]), {url}
    while pending:
        address = pending.popleft()
        try:
            answer = fetcher.follow(address)
            if answer.status != 200:
                raise SourceError(f"{address}: answers {answer.status}; correct the sitemap's address")
            sitemap = parse_sitemap(answer.body, address, max_bytes)
        except ReadError as error:
            raise SourceError(str(error)) from error
        yield from (page for target in sitemap.pages if (page := canonical_url(target, answer.url)))
        for target in sitemap.sitemaps:
            further = canonical_url(target, answer.url)
            if further and further not in seen:
                seen.add(further)
                pending.append(further)
        if len(seen) > _MAX_SITEMAPS:
            raise SourceError(f"{url}: names more than {_MAX_SITEMAPS} sitemaps; name one of them instead")
