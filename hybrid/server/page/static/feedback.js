// What somebody thinks of an answer: a thumb that counts at once, and words that may follow.

import { send } from "./api.js";
import { say } from "./announce.js";
import { button, element } from "./dom.js";

const ASKS_FOR_A_PERSON = "Asks for a person: ";
const LONGEST = 2000;

/**
 * Return two thumbs, behind which a reason can be given.
 * @param {string} traceId of the answer
 */
export function thumbs(traceId) {
  const place = element("div", { class: "rating", role: "group", "aria-label": "Rate this answer" });
  const choices = [thumb("up", "Helpful"), thumb("down", "Not helpful")];

  /** @param {"up"|"down"} rating @param {string} label */
  function thumb(rating, label) {
    const made = button(label, () => rate(rating, made), { "aria-pressed": "false", class: rating });
    return made;
  }

  /** @param {"up"|"down"} rating @param {HTMLElement} pressed */
  async function rate(rating, pressed) {
    const form = reasonForm("Why? You may leave this out", "Send", (reason) => store(traceId, rating, reason));
    place.querySelector("form")?.remove();
    place.append(form);
    const done = await kept(form, () => store(traceId, rating, ""), "Thank you, noted.");
    for (const each of choices) each.setAttribute("aria-pressed", String(done && each === pressed));
    if (!done) return;
    form.querySelector("textarea").focus();
    form.scrollIntoView({ block: "nearest" });
  }

  place.append(...choices);
  return place;
}

/**
 * Return a form that hands a question without an answer to a person.
 * @param {string} traceId of the refusal
 */
export function askPerson(traceId) {
  return reasonForm("Ask a human: what do you need to know?", "Ask a human", (words) =>
    store(traceId, "down", ASKS_FOR_A_PERSON + words),
  );
}

/**
 * @param {string} label
 * @param {string} action
 * @param {(words: string) => Promise<unknown>} work
 */
function reasonForm(label, action, work) {
  const words = element("textarea", { rows: "2", maxlength: String(LONGEST - ASKS_FOR_A_PERSON.length) });
  const go = element("button", { type: "submit" }, action);
  const outcome = element("p", { class: "quiet outcome" });
  const form = element("form", { class: "reason" }, element("label", {}, label, words), go, outcome);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    go.disabled = true;
    const done = await kept(form, () => work(words.value.trim()), "Sent. Thank you; the people who own the documents will see it.");
    go.disabled = done;
  });
  return form;
}

/**
 * Do some work and say how it went.
 * @param {HTMLElement} form
 * @param {() => Promise<unknown>} work
 * @param {string} thanks
 */
async function kept(form, work, thanks) {
  let text = thanks;
  let done = true;
  try {
    await work();
  } catch (error) {
    [text, done] = [`Not stored. ${/** @type {Error} */ (error).message}`, false];
  }
  /** @type {HTMLElement} */ (form.querySelector(".outcome")).textContent = text;
  say(text);
  return done;
}

/** @param {string} traceId @param {"up"|"down"} rating @param {string} reason */
function store(traceId, rating, reason) {
  return send("/api/feedback", { method: "POST", body: { trace_id: traceId, rating, reason } });
}
