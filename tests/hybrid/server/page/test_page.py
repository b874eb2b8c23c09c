"""The page in a real browser: what people see and do, with mouse, keyboard and phone."""

import re
import sqlite3

import pytest

PORTS = "Which ports does the Heron gateway need open in the firewall?"
CREDIT = "What credit do we get when availability is below 99 percent?"
NONSENSE = "Who won the chess olympiad in 1972?"


def ask(page, question):
    """Ask, and return the last answer when it has ended."""
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    return answered(page)


def answered(page):
    answer = page.locator(".answer").last
    page.locator(".answer:not([aria-busy])").last.wait_for()
    page.get_by_role("button", name="Ask", exact=True).wait_for()
    return answer


def be(page, person):
    page.get_by_label("Person").select_option(person)
    page.get_by_role("status").filter(has_text=f"You ask as {person}").wait_for(state="attached")


def ratings(bot):
    with sqlite3.connect(f"file:{bot}/.hybrid-server/server.sqlite3?mode=ro", uri=True) as records:
        return records.execute("SELECT rating, reason FROM feedback ORDER BY rowid").fetchall()


def test_an_answer_streams_and_its_citation_opens_at_the_line(page):
    with page.expect_response("**/v1/chat/completions") as response:
        answer = ask(page, PORTS)
    assert response.value.headers["content-type"].startswith("text/event-stream")
    assert response.value.request.post_data_json["stream"] is True
    chip = answer.get_by_role("button", name=re.compile("^Source 1: ")).first
    chip.click()
    panel = page.get_by_role("complementary")
    mark = panel.locator("mark").first
    mark.wait_for()
    assert "opens connections from the inside" in mark.inner_text()
    assert panel.locator("li:has(mark)").first.get_attribute("value") == "9"
    assert "lines 9 to 10" in panel.inner_text()
    assert mark.bounding_box()["y"] > 0
    page.keyboard.press("Escape")
    assert panel.is_hidden()
    assert chip.evaluate("chip => chip === document.activeElement")


def test_everything_works_with_the_keyboard_alone(page):
    page.keyboard.type(PORTS)
    page.keyboard.press("Enter")
    answered(page)
    page.keyboard.press("Shift+Tab")
    for _ in range(12):
        if "Source 1" in (page.evaluate("document.activeElement.getAttribute('aria-label')") or ""):
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.locator("mark").first.wait_for()
    assert page.evaluate("document.activeElement.id") == "source-title"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_role("complementary").is_hidden()


def test_a_row_of_a_table_and_a_page_of_a_pdf_are_named(page):
    ask(page, "What does the Paddle plan cost per month?").get_by_role("button", name="Source 1").first.click()
    page.get_by_role("complementary").get_by_text("table row \u201cPaddle\u201d").wait_for()
    be(page, "elif")
    ask(page, "Torque for the M12 plug at the gateway port?").locator(".sources button").first.click()
    page.locator("#source-place").get_by_text(re.compile(r"^page \d+, line")).wait_for()


def test_another_person_gets_another_answer(page):
    assert "50 %" not in ask(page, CREDIT).inner_text()
    be(page, "chloe")
    assert page.locator(".answer").count() == 0
    assert page.get_by_label("Your question").input_value() == CREDIT
    page.get_by_role("button", name="Ask", exact=True).click()
    assert "50 %" in answered(page).inner_text()


def test_a_refusal_shows_what_is_closest_and_reaches_a_person(page, bot):
    refusal = ask(page, NONSENSE)
    assert refusal.get_by_role("heading", name="The closest that you may read").is_visible()
    refusal.get_by_role("button", name=re.compile("^Open ")).first.click()
    page.locator("mark").first.wait_for()
    page.keyboard.press("Escape")
    refusal.get_by_label("Ask a human").fill("Who won it?")
    refusal.get_by_role("button", name="Ask a human").click()
    refusal.get_by_text("Sent. Thank you").wait_for()
    assert ratings(bot)[-1] == ("down", "Asks for a person: Who won it?")


def test_a_thumb_is_stored_and_then_its_reason(page, bot):
    answer = ask(page, PORTS)
    thumb = answer.get_by_role("button", name="Not helpful")
    thumb.click()
    answer.get_by_text("Thank you, noted.").wait_for()
    assert thumb.get_attribute("aria-pressed") == "true"
    assert ratings(bot)[-1] == ("down", "")
    page.keyboard.type("The ports are missing.")
    answer.get_by_role("button", name="Send").click()
    answer.get_by_text("Sent. Thank you").wait_for()
    assert ratings(bot)[-1] == ("down", "The ports are missing.")


def test_a_follow_up_is_sent_with_what_was_asked_before(page):
    ask(page, PORTS)
    with page.expect_request("**/v1/chat/completions") as request:
        ask(page, "And for the app?")
    assert [each["content"] for each in request.value.post_data_json["messages"]] == [PORTS, "And for the app?"]
    page.get_by_role("button", name="New conversation").click()
    assert page.locator(".answer").count() == 0
    with page.expect_request("**/v1/chat/completions") as request:
        ask(page, PORTS)
    assert len(request.value.post_data_json["messages"]) == 1


def test_a_heading_beside_the_cited_one_is_asked_about(page):
    answer = ask(page, PORTS)
    heading = answer.get_by_role("list", name="Ask next about").get_by_role("button").first
    told = heading.get_attribute("aria-label")
    with page.expect_request("**/v1/chat/completions") as request:
        heading.click()
        answered(page)
    asked = [each["content"] for each in request.value.post_data_json["messages"]]
    title, _, named = asked[-1].partition(": ")
    assert asked[0] == PORTS
    assert told == f"Ask about {named}, in {title}"
    assert page.locator(".answer").last.get_by_role("button", name="Source 1").first.is_visible()


def test_the_voice_that_is_chosen_answers(page):
    voices = page.get_by_label("Voice")
    other = voices.locator("option").nth(1).get_attribute("value")
    voices.select_option(other)
    with page.expect_request("**/v1/chat/completions") as request:
        ask(page, PORTS)
    assert request.value.post_data_json["model"] == other


def test_what_a_document_holds_is_text_and_nothing_else(page):
    ask(page, "At how many bar does the Quokka valve open?").locator(".sources button").first.click()
    page.locator("mark").first.wait_for()
    assert "<img src=x onerror=alert(1)>" in page.locator("#source-lines").inner_text()
    assert page.locator("main img, aside img, main b, aside b, aside a").count() == 0


def test_markers_that_come_in_pieces_become_chips_and_false_ones_stay_text(page):
    shown = page.evaluate(
        """async () => {
          const { CitedText } = await import("/page/cited_text.js");
          const place = document.createElement("div");
          const text = new CitedText(place, () => {});
          text.cite([{ marker: 1, title: "T", lines: [1, 1] }]);
          for (const piece of ["A [", "1", "] b [2] [x", " [1]", " [12"]) text.add(piece);
          text.finish();
          return [place.textContent, place.querySelectorAll("button").length];
        }"""
    )
    assert shown == ["A 1 b [2] [x 1 [12", 2]


def test_dark_is_a_choice_that_stays(page):
    def paper():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = paper()
    page.get_by_role("button", name="Dark").click()
    dark = paper()
    assert light != dark
    page.reload()
    assert page.get_by_role("button", name="Dark", pressed=True).is_visible()
    assert paper() == dark
    page.get_by_role("button", name="Dark").click()
    assert paper() == light
    page.evaluate("localStorage.clear()")
    page.emulate_media(color_scheme="dark")
    page.reload()
    assert paper() == dark


def test_on_a_phone_nothing_is_wider_than_the_screen(page):
    page.set_viewport_size({"width": 360, "height": 640})
    answer = ask(page, PORTS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    answer.get_by_role("button", name="Source 1").first.click()
    page.locator("mark").first.wait_for()
    assert page.get_by_role("complementary").bounding_box()["width"] == 360
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("main").evaluate("main => main.inert")
    page.get_by_role("button", name="Close the source").click()
    assert not page.locator("main").evaluate("main => main.inert")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_what_it_stands_on(page, scheme):
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    page.emulate_media(color_scheme=scheme)
    ask(page, NONSENSE)
    ratios = page.evaluate(_CONTRASTS)
    assert len(ratios) >= 6
    assert min(ratios) >= 4.5


_CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const light = (color) => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (at) => {
    const color = getComputedStyle(at).backgroundColor;
    return color === "rgba(0, 0, 0, 0)" && at.parentElement ? behind(at.parentElement) : color;
  };
  return [...document.querySelectorAll("h1, label, button, .quiet, .kind, .text, blockquote, .asked")].map((at) => {
    const [dim, bright] = [light(getComputedStyle(at).color), light(behind(at))].sort((a, b) => a - b);
    return (bright + 0.05) / (dim + 0.05);
  });
}"""
