// One question and what became of it: an answer with chips, a question back, a refusal, or a failure.

import { say } from "./announce.js";
import { CitedText, placeOf } from "./cited_text.js";
import { button, element } from "./dom.js";
import { askPerson, thumbs } from "./feedback.js";
import { openSource } from "./source.js";

const CLOSEST = 3;
const KINDS = { refused: "The documents that you may read do not answer this", clarify: "A question back" };

/** The view of one exchange; it is fed with what the server streams. */
export class AnswerView {
  /** @param {string} question */
  constructor(question) {
    this.text = element("div", { class: "text" });
    this.cited = new CitedText(this.text, openSource);
    this.card = element("div", { class: "answer", "aria-busy": "true" }, this.text);
    this.root = element("article", { class: "exchange" }, element("h2", { class: "asked" }, question), this.card);
  }

  /** @param {any} chunk of the stream */
  take(chunk) {
    if (chunk.replaces) this.cited.clear();
    this.cited.cite(chunk.citations);
    const piece = chunk.choices[0]?.delta.content ?? "";
    this.cited.add(chunk.replaces ? piece.trimStart() : piece);
    if (chunk.status) this.end(chunk);
  }

  /** @param {any} last chunk, with status, citations, passages and what may be asked next */
  end({ status, citations, passages, related, trace_id: traceId }) {
    this.rest();
    if (status in KINDS) this.card.prepend(element("p", { class: "kind" }, KINDS[/** @type {"refused"} */ (status)]));
    if (citations.length) this.card.append(sources(citations));
    if (related.length) this.card.append(next(related));
    // The last rating counts: a thumb beside a refusal would overwrite that somebody asked for a person.
    this.card.append(...(status === "refused" ? [...closest(passages), askPerson(traceId)] : [thumbs(traceId)]));
    say(this.spoken(status, citations.length));
  }

  /** @param {string} message why there is no answer, or no more of it */
  fail(message) {
    this.rest();
    this.card.append(element("p", { class: "notice" }, message));
    say(message);
  }

  /** Nothing more comes. */
  rest() {
    this.cited.finish();
    this.card.removeAttribute("aria-busy");
  }

  /** @param {string} status @param {number} number of sources */
  spoken(status, number) {
    const kind = status in KINDS ? `${KINDS[/** @type {"refused"} */ (status)]}. ` : "";
    return `${kind}${this.text.textContent} ${number === 1 ? "1 source." : `${number} sources.`}`;
  }
}

/** @param {any[]} citations */
function sources(citations) {
  const items = citations.map((each) => element("li", {}, opening(each, `${each.marker} \u00b7 ${each.title}, ${placeOf(each)}`)));
  return element("ul", { class: "sources", "aria-label": "Sources" }, ...items);
}

/** @param {{title: string, heading: string}[]} related headings beside the cited ones; one that is pressed is asked about */
function next(related) {
  const items = related.map(({ title, heading }) => {
    const made = button(heading, () => made.dispatchEvent(new CustomEvent("follow", { bubbles: true, detail: `${title}: ${heading}` })));
    made.setAttribute("aria-label", `Ask about ${heading}, in ${title}`);
    return element("li", {}, made);
  });
  return element("ul", { class: "related", "aria-label": "Ask next about" }, ...items);
}

/** @param {any[]} passages @returns {HTMLElement[]} */
function closest(passages) {
  if (!passages.length) return [];
  const items = passages.slice(0, CLOSEST).map((each) =>
    element("li", {}, element("blockquote", { tabindex: "0" }, each.text), opening(each, `Open ${each.title}, ${placeOf(each)}`)),
  );
  return [element("h3", {}, "The closest that you may read"), element("ul", { class: "passages" }, ...items)];
}

/** @param {any} found @param {string} label */
function opening(found, label) {
  const made = button(label, () => openSource(found, made));
  return made;
}
