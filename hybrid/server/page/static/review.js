// The review desk: cases in groups, and one decision after another.

import { catchAll, say, warn } from "./announce.js";
import { get, send } from "./api.js";
import { caseView } from "./case.js";
import { byId, element } from "./dom.js";
import { rowView } from "./row.js";
import { enter, prepareSession } from "./session.js";
import { prepareSource } from "./source.js";
import { prepareTheme } from "./theme.js";

const cases = byId("cases");
let state = "open";
let latest = 0;

/** What somebody else saw goes at once. */
function clear() {
  latest += 1;
  cases.replaceChildren();
}

/** Show the cases of whoever is signed in now. */
async function load() {
  clear();
  const mine = latest;
  try {
    const shown = state === "rows" ? await rows() : await groups();
    if (mine !== latest) return;
    cases.replaceChildren(...(shown.length ? shown : [element("p", { class: "quiet" }, NOTHING[state])]));
    say(shown.length === 1 ? "1 entry." : `${shown.length} entries.`);
  } catch (error) {
    if (mine === latest) refuse(/** @type {Error} */ (error).message);
  }
}

/** @type {Record<string, string>} */
const NOTHING = { open: "Nothing waits for you.", decided: "Nothing has been decided yet.", rows: "No row waits." };

async function groups() {
  return (await get(`/api/review?state=${state}`)).groups.map(group);
}

async function rows() {
  return (await get("/api/review/rows")).rows.map((/** @type {any} */ row) => rowView(row, decideRow));
}

/** @param {string} message */
function refuse(message) {
  cases.replaceChildren(element("p", { class: "notice" }, message));
}

/** @param {any[]} held */
function group(held) {
  const title = held.length === 1 ? "Asked once" : `Asked ${held.length} times, in like words`;
  return element("section", { class: "group" }, element("h2", {}, title), ...held.map((each) => caseView(each, decide)));
}

/**
 * @param {string} traceId
 * @param {{outcome: string, places: number[], note: string}} decision
 * @returns {Promise<any>} what was written
 */
async function decide(traceId, decision) {
  const written = await (await send(`/api/review/${traceId}`, { method: "POST", body: decision })).json();
  cases.focus();
  return written;
}

/** @param {string} id @param {"approved"|"rejected"} decision */
async function decideRow(id, decision) {
  await send("/api/review/rows", { method: "POST", body: { id, decision } });
  cases.focus();
}

/** @param {"open"|"decided"|"rows"} wanted */
function choose(wanted) {
  state = wanted;
  for (const name of ["open", "decided", "rows"]) byId(name).setAttribute("aria-pressed", String(name === wanted));
  load();
}

/** The report comes through the same sign-in as everything else, so it is fetched and handed over as a file. */
async function report() {
  try {
    const file = await (await send("/api/review/report.html")).blob();
    const link = element("a", { href: URL.createObjectURL(file), download: "review.html" });
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    warn(/** @type {Error} */ (error).message);
  }
}

catchAll();
prepareTheme();
prepareSource(cases);
prepareSession(clear, ({ reviewer }) => (reviewer ? load() : refuse("This page is for reviewers.")));
byId("open").addEventListener("click", () => choose("open"));
byId("decided").addEventListener("click", () => choose("decided"));
byId("rows").addEventListener("click", () => choose("rows"));
byId("report").addEventListener("click", report);
await enter();
