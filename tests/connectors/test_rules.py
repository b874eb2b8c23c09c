"""The small grammars: path patterns, addresses, robots.txt, and the lines of front matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.errors import ConfigError, ReadError
from hybrid_connectors._front_matter import split
from hybrid_connectors._globs import check_pattern, matches
from hybrid_connectors._robots import parse_robots
from hybrid_connectors._text import decode
from hybrid_connectors._titles import markdown_title, rst_title
from hybrid_connectors._urls import canonical_url, path_of_url, place_of_url


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        ("**", ["a", "a/b", "."], [""]),
        ("*.md", ["a.md"], ["a/b.md", "a.mdx", "xmd"]),
        ("**/*.md", ["a.md", "a/b.md", "a/b/c.md"], ["a.txt"]),
        ("legal", ["legal", "legal/a", "legal/a/b"], ["legals", "x/legal", "legal.md"]),
        ("/legal/", ["legal", "legal/a"], ["x/legal"]),
        ("legal/**", ["legal/a", "legal/a/b"], ["legal", "legals/a"]),
        ("legal/*", ["legal/a"], ["legal/a/b"]),
        ("a/**/z.md", ["a/z.md", "a/b/z.md", "a/b/c/z.md"], ["a/bz.md", "z.md"]),
        ("a?c[0-9]", ["abc1"], ["a/c1", "abc", "abcx"]),
        ("[!a]b", ["bb"], ["ab", "/b"]),
        ("a.b+(c)", ["a.b+(c)"], ["axb+(c)", "a.bb(c)"]),
        ("line\nbreak", ["line\nbreak"], ["line"]),
        ("vertr\u00e4ge/**", ["vertra\u0308ge/a", "vertr\u00e4ge/a"], ["vertrage/a"]),
        ("vertra\u0308ge", ["vertr\u00e4ge/a"], []),
    ],
)
def test_patterns(pattern: str, covered: list[str], not_covered: list[str]):
    assert [path for path in covered if not matches(path, pattern)] == []
    assert [path for path in not_covered if matches(path, pattern)] == []


@pytest.mark.parametrize("pattern", ["", "/", "./legal/**", "legal/../x", "a//b", "a\\b", "[z-a]/**"])
def test_patterns_that_match_nothing_are_refused(pattern: str):
    with pytest.raises(ConfigError, match="rules: pattern .* matches nothing"):
        check_pattern(pattern, "rules")


@pytest.mark.parametrize(
    ("target", "base", "url"),
    [
        ("HTTP://EXAMPLE.org:80", "", "http://example.org/"),
        ("../%6cegal/a b#top", "https://example.org/docs/x/", "https://example.org/docs/legal/a%20b"),
        ("a/%2e%2e/b/./", "https://example.org/", "https://example.org/b/"),
        ("/a%2Fb?x=%41 c", "https://example.org/", "https://example.org/a%2Fb?x=%41%20c"),
        ("http://bücher.example/ü", "", "http://xn--bcher-kva.example/%C3%BC"),
        ("http://[2606:4700::1111]:8080/", "", "http://[2606:4700::1111]:8080/"),
        ("http://user@example.org/", "", None),
        ("javascript:alert(1)", "https://example.org/", None),
        ("http://exa mple.org/", "", None),
        ("http://example.org:99999/", "", None),
        ("http://[broken/", "", None),
        ("", "", None),
    ],
)
def test_addresses_have_one_spelling(target: str, base: str, url: str | None):
    assert canonical_url(target, base) == url
    assert url is None or canonical_url(url) == url


def test_paths_of_addresses():
    assert path_of_url("https://x.org/") == "."
    assert path_of_url("https://x.org/%C3%BC/a%2Fb?x=1") == "ü/a%2Fb?x=1"
    assert path_of_url("https://x.org//a") == "%2Fa"
    assert place_of_url("https://x.org//a;v=1//b/?x=1") == "a/b"
    assert place_of_url("https://x.org/?x=1") == "."


@given(st.text(max_size=40))
def test_any_target_gives_a_canonical_address_or_none(target: str):
    url = canonical_url(target, "https://example.org/docs/")
    if url is not None:
        assert canonical_url(url) == url
        assert url.isascii()
        path = path_of_url(url)
        assert path
        assert not path.startswith("/")
        assert "\\" not in path.partition("?")[0]


ROBOTS = """
User-agent: other
Disallow: /

User-agent: *
User-agent: third
Disallow: /private # comment
Allow: /private/open
Disallow: /*.pdf$
Disallow: /x*y
Disallow:
Crawl-delay: 2.5
Sitemap: https://example.org/s
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True), ("/private", False), ("/private/a", False), ("/private/open/x", True), ("/a.pdf", False),
        ("/a.pdf?x", True), ("/xy", False), ("/x/1/y/2", False), ("/x", True),
    ],
)  # fmt: skip
def test_robots_for_all(path: str, allowed: bool):
    assert parse_robots(ROBOTS, "hybrid-connectors").allows(path) is allowed


def test_robots_for_one_and_its_delay():
    assert not parse_robots(ROBOTS, "Other").allows("/")
    assert parse_robots(ROBOTS, "someone").delay == 2.5
    assert parse_robots("User-agent: *\nCrawl-delay: 1e9\nCrawl-delay: x", "a").delay == 30
    assert parse_robots("Disallow: /", "a").allows("/"), "a rule of no group is nobody's"


def test_a_pattern_full_of_stars_costs_no_time():
    robots = parse_robots("User-agent: *\nDisallow: /" + "*a" * 5000 + "$", "a")
    assert robots.allows("/" + "a" * 4000)


@pytest.mark.parametrize("text", ["", "text", "#", "# ", "```\n# a\n```", "~~~\n# a\n```\n# b", "    # code", "=="])
def test_a_markdown_text_without_a_heading_has_no_title(text: str):
    assert markdown_title(text) is None


@pytest.mark.parametrize("text", ["", "text", "====\n====", "Long title\n===", "- - -\ntext"])
def test_a_rst_text_without_a_heading_has_no_title(text: str):
    assert rst_title(text) is None


LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=12)
BREAK = st.sampled_from(["\n", "\r\n", "\r"])


@given(st.lists(st.tuples(LINE, BREAK), max_size=8), st.one_of(st.none(), st.lists(st.integers(), max_size=4)), BREAK)
def test_lines_of_the_text_are_lines_of_the_file(body: list[tuple[str, str]], weights: list[int] | None, line_end: str):
    front = (
        ""
        if weights is None
        else "".join(f"{line}{line_end}" for line in ["---", *(f"w{n}: {w}" for n, w in enumerate(weights)), "---"])
    )
    content = "\ufeff" + front + "".join(line + end for line, end in body)
    file_lines = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        document = split(decode(content.encode(), "a.md"), "a.md")
    except ReadError:
        assert weights is None, "only a body that itself begins with --- may be refused"
        return
    for number, line in enumerate(document.body.split("\n"), document.first_line):
        assert file_lines[number - 1] == line
    if weights is not None:
        assert document.first_line == len(weights) + 3
        assert {name: document.lines[name] for name in document.values} == {f"w{n}": n + 2 for n in range(len(weights))}
