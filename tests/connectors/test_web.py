import gzip
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import samples
from local_site import Page, Site, serve
from pydantic import TypeAdapter

from hybrid.errors import ConfigError, ParseError, ReadError, SourceError, TooLargeError
from hybrid.protocols import Entry
from hybrid.testing.connectors import ConnectorContract
from hybrid_connectors._access_rules import AccessRule
from hybrid_connectors.web import Web


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


def web(site: Site, start: str = "/", **settings: Any) -> Web:
    start_at = {} if "sitemap" in settings else {"url": site.origin + start}
    return Web(name="site", allow_hosts=("127.0.0.1",), delay_seconds=0, **{**start_at, **settings})


def states(source: Web, cursor: str | None = None) -> dict[str, str]:
    return {entry.path: entry.state for entry in source.list(cursor).entries}


def read(source: Web, path: str):
    return source.read(Entry(path=path, state=states(source)[path]))


def links(*targets: str) -> str:
    return "".join(f"<a href='{target}'>link</a> " for target in targets)


class TestCrawledSiteContract(ConnectorContract):
    @pytest.fixture
    def connector(self, site: Site) -> Web:
        site.pages |= {
            "/": "<title>Home</title><p>Hello</p><a href='a'>a</a><a href='/b/?x=1#y'>b</a><a href='http://example.org'>no</a>",
            "/a": Page("<h1>A</h1>\r\n<p>Text", headers={"ETag": '"1"'}),
            "/b/?x=1": Page(
                "plain\r\ntext", type="text/plain", headers={"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
            ),
        }
        return web(site, default_readers=("public",))


class TestSitemapContract(ConnectorContract):
    @pytest.fixture
    def connector(self, site: Site) -> Web:
        site.pages |= {
            "/sitemap.xml": site.sitemap("/a", "/guide.pdf"),
            "/a": "<p>A",
            "/guide.pdf": Page(samples.pdf(["One", "Two"]), type="application/pdf"),
        }
        return web(site, sitemap=site.origin + "/sitemap.xml")


class TestCrawl:
    def test_follows_links_within_the_site_once(self, site: Site):
        other = f"http://localhost:{site.port}"
        site.pages |= {
            "/docs/": "<p>x<nav><a href='a'>a</a></nav>" + links("a#part", f"{other}/b", "mailto:x@y"),
            "/docs/a": "<p>a" + links("./", "../logo.png", "/%64ocs/c", "gone"),
            "/docs/c": "<p>c",
        }
        assert list(states(web(site, "/docs/"))) == ["docs/", "docs/a", "docs/c"]
        assert sorted(site.paths) == ["/docs/", "/docs/a", "/docs/c", "/docs/gone", "/robots.txt"]

    def test_include_and_exclude_choose_but_the_start_is_always_looked_at(self, site: Site):
        site.pages |= {
            "/": "<p>x<a href='docs/a'>a</a><a href='blog/b'>b</a><a href='docs/old/c'>c</a>",
            "/docs/a": "<p>a",
            "/blog/b": "<p>b",
            "/docs/old/c": "<p>c",
        }
        assert list(states(web(site, include=("docs/**",), exclude=("docs/old",)))) == ["docs/a"]
        assert "/blog/b" not in site.paths

    def test_robots_txt_is_honoured(self, site: Site):
        site.pages |= {
            "/robots.txt": Page(
                "User-agent: *\nDisallow: /private\nDisallow: /*.pdf$\nAllow: /private/open\n", type="text/plain"
            ),
            "/": "<p>x<a href='/private/a'>a</a><a href='/private/open'>b</a><a href='/x.pdf'>c</a>",
            "/private/a": "<p>a",
            "/private/open": "<p>b",
            "/x.pdf": "<p>c",
        }
        assert list(states(web(site))) == [".", "private/open"]
        assert {"/private/a", "/x.pdf"}.isdisjoint(site.paths)
        assert site.requests[1][1]["user-agent"] == "hybrid-connectors"

    def test_a_redirect_within_the_site_leads_to_the_page_and_one_out_of_it_nowhere(self, site: Site):
        site.pages |= {
            "/": "<p>x<a href='/old'>o</a><a href='/out'>o</a><a href='/loop'>l</a>",
            "/old": Page(status=301, headers={"Location": "/new"}),
            "/new": "<p>new",
            "/out": Page(status=302, headers={"Location": f"http://localhost:{site.port}/secret"}),
            "/loop": Page(status=302, headers={"Location": "/loop"}),
            "/secret": "<p>secret",
        }
        assert list(states(web(site))) == [".", "new"]
        assert "/secret" not in site.paths

    def test_unchanged_pages_are_not_sent_again(self, site: Site):
        site.pages |= {
            "/": Page("<p>x<a href='/a'>a</a><a href='/b'>b</a>", headers={"ETag": '"home"'}),
            "/a": Page("<p>a", headers={"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}),
            "/b": "<p>b",
        }
        source = web(site)
        first = source.list()
        site.requests.clear()
        site.pages["/b"] = "<p>changed"
        second = {entry.path: entry.state for entry in web(site).list(first.cursor).entries}
        before = {entry.path: entry.state for entry in first.entries}
        assert {path for path in before if second[path] != before[path]} == {"b"}
        headers = dict(site.requests)
        assert headers["/"]["if-none-match"] == '"home"'
        assert headers["/a"]["if-modified-since"] == "Mon, 01 Jan 2024 00:00:00 GMT"

    def test_reading_after_a_listing_asks_no_second_time(self, site: Site):
        site.pages |= {"/": "<p>x<a href='/a'>a</a>", "/a": "<p>a"}
        source = web(site)
        for entry in source.list().entries:
            source.read(entry)
        assert sorted(site.paths) == ["/", "/a", "/robots.txt"]

    @pytest.mark.parametrize("cursor", ["", "{", "[]", '{"x": 1}'])
    def test_a_damaged_cursor_costs_only_requests(self, site: Site, cursor: str):
        site.pages |= {"/": "<p>x<a href='/a'>a</a>", "/a": "<p>a"}
        assert list(states(web(site), cursor)) == [".", "a"]


class TestFailures:
    def test_a_page_that_does_not_answer_stays_and_so_does_what_it_leads_to(self, site: Site):
        site.pages |= {"/": "<p>x<a href='/a'>a</a>", "/a": "<p>a<a href='/b'>b</a>", "/b": "<p>b"}
        source = web(site)
        first = source.list()
        site.pages["/a"] = Page("down", status=503)
        second = source.list(first.cursor)
        assert [entry.path for entry in second.entries] == [".", "a", "b"]
        changed = [entry for entry in second.entries if entry not in first.entries]
        assert [entry.path for entry in changed] == ["a"]
        with pytest.raises(ReadError, match="/a: answers 503"):
            source.read(changed[0])
        site.pages["/a"] = "<p>a<a href='/b'>b</a>"
        assert source.list(second.cursor).entries == first.entries

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_page_that_is_gone_is_gone(self, site: Site, status: int):
        site.pages |= {"/": "<p>x<a href='/a'>a</a>", "/a": "<p>a"}
        first = web(site).list()
        site.pages["/a"] = Page("gone", status=status)
        assert list(states(web(site), first.cursor)) == ["."]

    def test_a_page_that_takes_too_long_is_reported_and_stays(self, site: Site):
        release = threading.Event()
        site.pages |= {"/": "<p>x<a href='/slow'>s</a>", "/slow": Page("<p>s", before=lambda: release.wait(5))}
        source = web(site, timeout_seconds=0.2)
        assert list(states(source)) == [".", "slow"]
        with pytest.raises(ReadError, match="/slow: no answer"):
            source.read(Entry(path="slow", state="unanswered"))
        release.set()

    @pytest.mark.parametrize(
        ("page", "error", "message"),
        [
            (Page("x" * 3000), TooLargeError, "has more than 2,000 bytes"),
            (Page(gzip.compress(b"x" * 10**7), headers={"Content-Encoding": "gzip"}), TooLargeError, "more than 2,000"),
            (Page(b"not gzip", headers={"Content-Encoding": "gzip"}), ReadError, "damaged gzip"),
            (Page(gzip.compress(b"<p>" * 99)[:-9], headers={"Content-Encoding": "gzip"}), ReadError, "damaged gzip"),
            (Page(b"x", headers={"Content-Encoding": "gzip, gzip"}), ReadError, "was not asked for"),
            (Page(b"\xff\xfe\xfd"), ParseError, "is not the utf-16 text"),
            (Page(b"caf\xe9"), ParseError, "is not the utf-8 text"),
            (Page("x", type="text/html; charset=nonsense"), ParseError, "is not the nonsense text"),
            (Page("x", type="text/html; charset=rot13"), ParseError, "is not the rot13 text"),
            (Page("<nav>only</nav>"), ParseError, "bad: is empty"),
            (Page("not a pdf", type="application/pdf"), ParseError, "bad: is not a readable PDF"),
        ],
    )
    def test_one_bad_page_does_not_stop_the_others(self, site: Site, page: Page, error: type[ReadError], message: str):
        site.pages |= {"/": "<p>x<a href='/bad'>b</a><a href='/good'>g</a>", "/bad": page, "/good": "<p>good"}
        source = web(site, max_bytes=2000)
        with pytest.raises(error, match=message) as raised:
            read(source, "bad")
        assert "\n" not in str(raised.value)
        assert read(source, "good").text == "good"

    @pytest.mark.parametrize(
        ("pages", "settings", "message"),
        [
            ({"/": Page("x", status=500)}, {}, "gives no page"),
            ({}, {}, "gives no page"),
            ({"/": Page("x", type="image/png")}, {}, "gives no page"),
            ({"/": "<p>x", "/robots.txt": Page("x", status=503)}, {}, "robots.txt: answers 503"),
            ({"/": "<p>x<a href='/1'>1</a><a href='/2'>2</a>"}, {"max_pages": 2}, "more than 2 pages"),
            ({"/s": Page("x", status=500)}, {"sitemap": "/s"}, "/s: answers 500"),
            ({"/s": Page("x", status=404)}, {"sitemap": "/s"}, "/s: answers 404"),
            ({"/s": "<html></html>"}, {"sitemap": "/s"}, "not a sitemap but XML of kind 'html'"),
            ({"/s": "<urlset><url>"}, {"sitemap": "/s"}, "is not a sitemap"),
            ({"/s": "<urlset/>"}, {"sitemap": "/s"}, "gives no page"),
            ({"/s": "<!DOCTYPE a [<!ENTITY b 'c'>]><urlset/>"}, {"sitemap": "/s"}, "document type declaration"),
            ({"/s": Page("<!DOCTYPE a><urlset/>".encode("utf-16"))}, {"sitemap": "/s"}, "document type declaration"),
            ({"/s": Page(gzip.compress(b" " * 10**7))}, {"sitemap": "/s", "max_bytes": 10**6}, "unpacks to more"),
            (
                {"/s": "<sitemapindex><sitemap><loc>/t</loc></sitemap></sitemapindex>"},
                {"sitemap": "/s"},
                "/t: answers 404",
            ),
            ({"/s": Page(status=302, headers={"Location": "/s"})}, {"sitemap": "/s"}, "redirects more than 5 times"),
        ],
    )
    def test_a_site_that_cannot_be_listed_whole_is_a_source_error(
        self, site: Site, pages: dict[str, Page | str], settings: dict[str, Any], message: str
    ):
        site.pages |= pages
        if "sitemap" in settings:
            settings = {**settings, "sitemap": site.origin + settings["sitemap"]}
        with pytest.raises(SourceError, match=f"^source 'site': .*{message}.*nothing was removed") as raised:
            web(site, **settings).list()
        assert "\n" not in str(raised.value)

    def test_a_site_that_is_down_is_a_source_error(self):
        with serve() as gone:
            pass
        with pytest.raises(SourceError, match="robots.txt: no answer"):
            web(gone).list()


class TestSitemap:
    def test_an_index_gzip_and_redirects_are_followed(self, site: Site):
        namespace = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        site.pages |= {
            "/sitemap.xml": Page(status=301, headers={"Location": "/index.xml"}),
            "/index.xml": f"<sitemapindex {namespace}><sitemap><loc>{site.origin}/one.xml.gz</loc></sitemap>"
            "<sitemap><loc> /two.xml </loc></sitemap><sitemap><loc>/index.xml</loc></sitemap></sitemapindex>",
            "/one.xml.gz": Page(gzip.compress(site.sitemap("/a", "/gone").encode()), type="application/gzip"),
            "/two.xml": site.sitemap("/b", "/a") + "<!-- end -->",
            "/a": "<p>a<a href='/unlisted'>no</a>",
            "/b": "<p>b",
            "/unlisted": "<p>no",
        }
        source = web(site, sitemap=site.origin + "/sitemap.xml")
        assert list(states(source)) == ["a", "b"]
        assert "/unlisted" not in site.paths

    def test_pages_of_other_sites_are_left_out(self, site: Site):
        site.pages |= {
            "/s": site.sitemap("/a").replace("</urlset>", "<url><loc>http://localhost/x</loc></url></urlset>")
        }
        site.pages["/a"] = "<p>a"
        assert list(states(web(site, sitemap=site.origin + "/s"))) == ["a"]


class TestDocuments:
    def test_charsets_are_read_as_they_say(self, site: Site):
        site.pages |= {
            "/": "<p>x" + "".join(f"<a href='/{n}'>{n}</a>" for n in range(4)),
            "/0": Page("<p>café".encode("latin-1"), type="text/html; charset=ISO-8859-1"),
            "/1": Page("<meta charset=windows-1252><p>“café”".encode("cp1252"), type="text/html"),
            "/2": Page("<p>café".encode("utf-16"), type="text/html"),
            "/3": Page("\ufeff<p>café", type="text/html"),
        }
        source = web(site)
        assert [read(source, str(n)).text for n in range(4)] == ["café", "“café”", "café", "café"]

    def test_a_page_cannot_name_its_readers(self, site: Site):
        text = "---\naccess: [public]\ntenant: other\n---\n# Hello\n"
        site.pages |= {
            "/s": site.sitemap("/a.md", "/b.html"),
            "/a.md": Page(text, type="text/markdown"),
            "/b.html": text,
        }
        source = web(site, sitemap=site.origin + "/s", default_readers=("group:staff",))
        for path in ("a.md", "b.html"):
            document = read(source, path)
            assert document.access.readers == ("group:staff",)
            assert document.tenant == ""
        assert read(source, "a.md").text == text

    @pytest.mark.parametrize(
        "path", ["/legal/nda", "/%6cegal/nda", "/legal/nda?print=1", "/legal/", "//legal//nda", "/legal;v=1/x"]
    )
    def test_no_spelling_of_an_address_gets_around_a_rule(self, site: Site, path: str):
        site.pages["/s"] = site.sitemap(path)
        # The server of the standard library merges leading slashes before it looks for a page.
        for spelling in (path, path.replace("%6c", "l"), "/" + path.lstrip("/")):
            site.pages[spelling] = "<p>secret"
        rules = (AccessRule(match="legal", readers=("group:legal",)),)
        source = web(site, sitemap=site.origin + "/s", rules=rules, default_readers=("public",))
        assert [source.read(entry).access.readers for entry in source.list().entries] == [("group:legal",)]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"url": "http://a.example", "sitemap": "http://a.example/s"},
        {"url": "ftp://a.example"},
        {"url": "file:///etc/passwd"},
        {"url": "https://user:hunter2@a.example"},
        {"url": "https://a.example", "max_pages": 0},
        {"url": "https://a.example", "delay_seconds": -1.0},
    ],
)
def test_unusable_settings_are_refused(settings: dict[str, Any]):
    with pytest.raises(ConfigError) as raised:
        TypeAdapter(Web).validate_python({"name": "site", **settings})
    assert "hunter2" not in str(raised.value)
