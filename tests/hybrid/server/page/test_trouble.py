"""What the page does when something is in the way: slow models, servers that end, keys, failures of its own."""

import pytest

PORTS = "Which ports does the Heron gateway need open in the firewall?"
REFUNDS = "When are refunds paid?"


def ask(page, question):
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()


def ended(page, question):
    """Ask, and return what stands in the answer's place when it has ended."""
    ask(page, question)
    page.get_by_role("button", name="Ask", exact=True).wait_for()
    return page.locator(".answer").last.inner_text()


def test_an_answer_can_be_stopped_and_the_next_one_comes(visit, slow):
    page, seen = visit(slow.url)
    ask(page, REFUNDS)
    page.locator(".answer[aria-busy=true]").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.locator(".answer").get_by_text("Stopped.").wait_for()
    (slow.log.parent / "go").touch()
    # The slot is free within a second; a question before that is told so in the answer's place.
    while "Try again in" in ended(page, REFUNDS):
        pass
    page.get_by_role("button", name="Source 1").first.wait_for()
    assert [line for line in seen.complaints if "503" not in line] == []


def test_a_server_that_has_gone_is_said_calmly(visit, slow):
    page, seen = visit(slow.url)
    ask(page, REFUNDS)
    page.locator(".answer[aria-busy=true]").wait_for()
    slow.end()
    page.locator(".answer .notice").first.wait_for()
    ask(page, REFUNDS)
    page.locator(".answer").get_by_text("The server cannot be reached.").wait_for()
    assert page.get_by_label("Your question").is_enabled()
    assert not [line for line in seen.complaints if "is not" in line or "undefined" in line]


def test_a_failure_of_the_page_itself_is_said_calmly(visit, address):
    broken, seen = visit(address)
    broken.get_by_label("Person").wait_for()
    broken.evaluate("setTimeout(() => { throw new Error('a mistake') })")
    said = broken.get_by_role("alert").get_by_text("Something went wrong on this page.")
    said.wait_for()
    # A sign-in that works takes away what one that failed had left, and nothing else.
    broken.get_by_label("Person").select_option("chloe")
    broken.get_by_text("(customers)", exact=True).wait_for()
    assert said.is_visible()
    assert seen.complaints == ["a mistake"]


def test_with_keys_the_page_asks_for_one_and_forgets_it(visit, with_keys):
    address, key = with_keys
    page, _ = visit(address)
    page.get_by_role("heading", name="Sign in to ask").wait_for()
    assert page.get_by_label("Your question").is_hidden()
    assert page.get_by_role("link", name="Sign in with your account").is_hidden()
    page.get_by_label("API key").fill("hyb_wrong")
    page.get_by_role("button", name="Use this key").click()
    page.get_by_role("alert").filter(has_text="key").wait_for()
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Use this key").click()
    page.get_by_text("chloe (customers)", exact=True).wait_for()
    page.get_by_label("Your question").wait_for()
    assert page.get_by_role("alert").inner_text() == ""
    ask(page, PORTS)
    page.get_by_role("button", name="Source 1").first.wait_for()
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    page.reload()
    page.get_by_role("heading", name="Sign in to ask").wait_for()


@pytest.mark.parametrize("with_keys", [True], indirect=True)
def test_a_visitor_may_stay_one_or_sign_in(visit, with_keys):
    page, _ = visit(with_keys[0])
    page.get_by_text("Visitor", exact=True).wait_for()
    come = page.get_by_role("button", name="Sign in", exact=True)
    come.click()
    page.get_by_label("API key").wait_for()
    come.click()
    assert page.get_by_label("API key").is_hidden()
    ask(page, PORTS)
    page.get_by_role("button", name="Source 1").first.wait_for()
    come.click()
    page.get_by_label("API key").fill(with_keys[1])
    page.get_by_label("API key").press("Enter")
    page.get_by_text("chloe (customers)", exact=True).wait_for()
    assert page.locator(".answer").count() == 0
    assert come.is_hidden()
