"""The page by the rules of axe, in each of its states."""

import pytest

from_axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")

PORTS = "Which ports does the Heron gateway need open in the firewall?"
NONSENSE = "Who won the chess olympiad in 1972?"


def violations(page):
    found = from_axe.Axe().run(page).response
    assert len(found["passes"]) > 10
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]]


def ask(page, question):
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator(".answer:not([aria-busy])").last.wait_for()
    page.get_by_role("button", name="Ask", exact=True).wait_for()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    assert violations(page) == []
    ask(page, PORTS)
    page.get_by_role("button", name="Helpful", exact=True).click()
    page.get_by_label("Why?").wait_for()
    ask(page, NONSENSE)
    assert violations(page) == []
    page.get_by_role("button", name="Source 1").first.click()
    page.locator("mark").first.wait_for()
    assert violations(page) == []


def test_axe_can_find_something(page):
    page.evaluate("document.getElementById('question').labels[0].remove()")
    assert "label" in [name for name, _ in violations(page)]


def test_axe_finds_nothing_where_one_has_to_sign_in(visit, with_keys):
    address, _ = with_keys
    page, _ = visit(address)
    page.get_by_role("heading", name="Sign in to ask").wait_for()
    assert violations(page) == []
