"""The review desk and the dashboard in a real browser: what people say of answers becomes work, and work is done."""

import json

import pytest

PORTS = "Which ports does the Heron gateway need open in the firewall?"
GROUPS = {"ana": "(support)", "chloe": "(customers)", "dinesh": "(customers)"}
NONSENSE = "Who won the chess olympiad in 1972?"
REASON = "I need the ports of the old model"


def ask(page, question):
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator(".answer:not([aria-busy])").last.wait_for()
    page.get_by_role("button", name="Ask", exact=True).wait_for()


def become(page, person):
    page.get_by_label("Person").wait_for()
    page.get_by_label("Person").select_option(person)
    page.locator("#who").get_by_text(GROUPS[person]).wait_for()


@pytest.fixture
def desk(visit, address):
    """The desk as ana sees it, and what the browser complained about."""

    def open_(path="/review", person="ana"):
        page, seen = visit(address + path)
        become(page, person)
        return page, seen

    return open_


def test_a_thumb_down_becomes_a_golden_question(visit, desk, address, bot):
    asking, _ = visit(address)
    become(asking, "chloe")
    ask(asking, PORTS)
    asking.get_by_role("button", name="Not helpful").click()
    asking.get_by_label("Why?").fill(REASON)
    asking.get_by_role("button", name="Send").click()
    asking.locator(".outcome").get_by_text("Sent. Thank you").wait_for()
    page, seen = desk()
    case = page.locator("article.case").filter(has_text=REASON)
    case.get_by_text("asked by customers").wait_for()
    case.get_by_role("button").first.click()
    page.locator("mark").first.wait_for()
    page.get_by_role("button", name="Close the source").click()
    assert case.get_by_role("checkbox").first.is_checked()
    case.get_by_role("button", name="Golden question").click()
    case.get_by_text("A golden question now.").wait_for()
    row = json.loads((bot / "golden.jsonl").read_text("utf-8").splitlines()[-1])
    assert (row["question"], row["as"], row["answerable"]) == (PORTS, {"groups": ["customers"]}, True)
    page.get_by_role("button", name="Decided").click()
    page.locator("article.case").filter(has_text=REASON).get_by_text("golden by ana").wait_for()
    assert seen.complaints == []
    assert [url for url in seen.elsewhere if not url.startswith((address, "blob:"))] == []


def test_a_refusal_becomes_a_row_and_is_approved(visit, desk, address, bot):
    asking, _ = visit(address)
    become(asking, "chloe")
    ask(asking, NONSENSE)
    page, seen = desk()
    case = page.locator("article.case").filter(has_text=NONSENSE).first
    case.get_by_role("button", name="Training row").click()
    case.get_by_text("A training row now").wait_for()
    page.get_by_role("button", name="Training rows").click()
    row = page.locator("article.case").filter(has_text=NONSENSE)
    row.get_by_role("button", name="Approve").click()
    row.get_by_text("Approved: it may be learned from.").wait_for()
    kept = json.loads((bot / "voices" / "from-review.jsonl").read_text("utf-8").splitlines()[-1])
    assert (kept["question"], kept["decision"], kept["reviewer"]) == (NONSENSE, "approved", "ana")
    assert seen.complaints == []


def test_who_is_no_reviewer_is_told_so(desk):
    page, _ = desk(person="dinesh")
    page.get_by_text("This page is for reviewers").wait_for()
    assert page.get_by_role("navigation", name="For reviewers").is_hidden()
    assert page.locator("article.case").count() == 0


def test_the_dashboard_shows_figures_to_reviewers(visit, desk, address):
    asking, _ = visit(address)
    asking.get_by_label("Person").wait_for()
    ask(asking, NONSENSE)
    page, seen = desk("/dashboard")
    page.get_by_text("questions in 30 days").wait_for()
    page.get_by_role("img").wait_for()
    page.get_by_role("region", name="Time by stage").get_by_text("total").wait_for()
    assert seen.complaints == []


@pytest.mark.parametrize(("path", "scheme", "width"), [("/review", "light", 1280), ("/dashboard", "dark", 360)])
def test_axe_finds_nothing_at_the_desk(visit, desk, address, path, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python").Axe()
    asking, _ = visit(address)
    asking.get_by_label("Person").wait_for()
    ask(asking, NONSENSE)
    page, _ = desk(path)
    page.locator("article.case, .tiles").first.wait_for()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    found = axe.run(page).response
    assert len(found["passes"]) > 10
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
