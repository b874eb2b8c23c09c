"""What the page is made of: small, whole, and without anything that the policy of the server forbids."""

import re
from pathlib import Path

import pytest

from hybrid.server.page import route
from hybrid.server.signin.keys import new_key, save_keys

STATIC = Path(route.__file__).parent / "static"


PAGES = sorted(STATIC.glob("*.html"))


def text_of(file):
    return file.read_text("utf-8")


def test_the_page_is_small():
    assert sum(file.stat().st_size for file in STATIC.iterdir()) < 100_000


def address_of(file):
    pages = {"index.html": "/", "review.html": "/review", "dashboard.html": "/dashboard"}
    return pages.get(file.name, f"/page/{file.name}")


def test_every_file_is_served_as_what_it_is_and_to_everybody(server):
    paths = {each.path for each in route.router.routes}
    assert paths == {"/page/ways.json"} | {address_of(file) for file in STATIC.iterdir()}
    for file in STATIC.iterdir():
        answer = server.get(address_of(file))
        assert answer.content == file.read_bytes()
        assert answer.headers["content-type"] == route._TYPES[file.suffix]
        assert answer.headers["cache-control"] == "no-cache"
        assert "require-trusted-types-for 'script'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/page/", "/page/route.py", "/page/..%2froute.py", "/page/static/main.js", "/main.js"]
)
def test_nothing_else_is(server, path):
    assert server.get(path).status_code == 404


def test_what_the_files_name_is_there():
    named = [name for page in PAGES for name in re.findall(r'(?:src|href)="/page/([^"]+)"', text_of(page))]
    for module in STATIC.glob("*.js"):
        named += re.findall(r'from "\./([^"]+)"', text_of(module))
    assert len(named) > 20
    assert set(named) <= {file.name for file in STATIC.iterdir()}


def test_nothing_is_inline_and_nothing_comes_from_elsewhere():
    for page in PAGES:
        assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]* src=)", text_of(page)), page.name
    for file in STATIC.iterdir():
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(", text_of(file)), file.name
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text_of(file)), file.name


def test_the_ways_to_sign_in_are_told(make, tmp_path):
    save_keys(tmp_path / "keys.json", (new_key("ci", user="ana")[1],))
    assert make().get("/page/ways.json").json() == {"provider": False, "key": False}
    assert make(dev=False, api_keys="keys.json").get("/page/ways.json").json() == {"provider": False, "key": True}
