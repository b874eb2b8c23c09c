// One case: what was asked, why it is here, what it points at, and the decisions.

import { say } from "./announce.js";
import { placeOf } from "./cited_text.js";
import { button, element } from "./dom.js";
import { openSource } from "./source.js";

/** @type {[string, string][]} */
const DECISIONS = [
  ["golden", "Golden question"],
  ["row", "Training row"],
  ["missing", "Document missing"],
  ["dismissed", "No work"],
];
/** @type {Record<string, string>} */
const DONE = {
  golden: "A golden question now.",
  row: "A training row now, open until somebody approves it.",
  missing: "On the list of missing documents.",
  dismissed: "No work.",
  open: "Open again.",
};

/**
 * @param {any} held the case
 * @param {(traceId: string, decision: {outcome: string, places: number[], note: string}) => Promise<any>} decide
 */
export function caseView(held, decide) {
  const places = held.places.map(placeRow);
  const note = element("input", { type: "text", maxlength: "2000", "aria-label": "Note for other reviewers", placeholder: "Note" });
  const outcome = element("p", { class: "quiet outcome" });
  const choices = held.outcome === "open" ? DECISIONS : /** @type {[string, string][]} */ ([["open", "Open again"]]);
  const buttons = choices.map(([name, label]) => button(label, () => take(name)));
  const root = element(
    "article",
    { class: "case" },
    element("h3", {}, held.question),
    element("p", { class: "quiet" }, described(held)),
    ...(held.words ? [element("blockquote", {}, held.words)] : []),
    ...(places.length ? [element("ul", { "aria-label": "What answers it" }, ...places)] : []),
    ...(held.note ? [element("p", {}, held.note)] : []),
    note,
    element("div", { class: "decisions" }, ...buttons),
    outcome,
  );

  /** @param {string} name */
  async function take(name) {
    for (const each of buttons) each.disabled = true;
    const chosen = [...root.querySelectorAll("input:checked")].map((box) => Number(/** @type {HTMLInputElement} */ (box).value));
    try {
      const written = await decide(held.trace_id, { outcome: name, places: chosen, note: note.value.trim() });
      const removed = written.personal_data_removed ? ` Personal data was removed: ${written.question}` : "";
      outcome.textContent = DONE[name] + removed;
    } catch (error) {
      outcome.textContent = `Not done. ${/** @type {Error} */ (error).message}`;
      for (const each of buttons) each.disabled = false;
    }
    say(outcome.textContent ?? "");
  }

  return root;
}

/** @param {any} held */
function described(held) {
  const parts = [
    held.reasons.join(", "),
    held.groups.length ? `asked by ${held.groups.join(", ")}` : "asked by a visitor",
    held.moment.slice(0, 16).replace("T", " "),
    `support ${held.support.toFixed(2)}`,
    held.model,
    ...(held.owner ? [`owned by ${held.owner}`] : []),
    ...(held.outcome === "open" ? [] : [`${held.outcome} by ${held.reviewer}`]),
  ];
  return parts.filter(Boolean).join(" \u00b7 ");
}

/** @param {any} place */
function placeRow(place) {
  const box = element("input", { type: "checkbox", value: String(place.number), "aria-label": `${place.title} answers it` });
  box.checked = place.cited;
  const opener = button(`${place.title} \u00b7 ${placeOf(place)}`, () => openSource(place, opener));
  return element("li", {}, box, opener);
}
