// The dashboard: figures as tiles, one chart and tables.

import { catchAll, say } from "./announce.js";
import { get } from "./api.js";
import { byId, element } from "./dom.js";
import { enter, prepareSession } from "./session.js";
import { prepareTheme } from "./theme.js";

const figures = byId("figures");
const COUNTS = ["questions", "answered", "refused", "clarify", "up", "down", "person"];
const HEADS = ["questions", "answered", "refused", "asked back", "thumbs up", "thumbs down", "for a human"];
const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, FOOT] = [640, 160, 18];
let latest = 0;

/** What somebody else saw goes at once. */
function clear() {
  latest += 1;
  figures.replaceChildren();
}

async function load() {
  clear();
  const mine = latest;
  try {
    const found = await get("/api/dashboard");
    if (mine !== latest) return;
    figures.replaceChildren(...shown(found));
    say("Figures of the last 30 days.");
  } catch (error) {
    if (mine === latest) refuse(/** @type {Error} */ (error).message);
  }
}

/** @param {string} message */
function refuse(message) {
  figures.replaceChildren(element("p", { class: "notice" }, message));
}

/** @param {any} found */
function shown(found) {
  return [
    tiles(found),
    ...(found.days.length ? [element("h2", {}, "Questions a day, refused ones below"), chart(found.days)] : []),
    table("By model and adapter", ["model", ...HEADS], found.models.map(counts)),
    table("Time by stage", ["stage", "median ms", "95 % below, ms", "answers"], found.stages.map(times)),
    table("Decisions", ["decision", "cases"], Object.entries(found.outcomes)),
    table("Documents that no longer hold", ["document"], found.ended.map((/** @type {string} */ each) => [each])),
  ];
}

/** @param {any} found */
function tiles({ days, waiting, ended, check }) {
  const asked = sum(days, "questions");
  const refused = sum(days, "refused");
  const rows = [
    ["questions in 30 days", String(asked)],
    ["refused", asked ? `${Math.round((100 * refused) / asked)} %` : "\u2013"],
    ["cases wait", String(waiting)],
    ["recall of the last check", check ? check.recall.toFixed(3) : "not checked"],
    ["leaks in the last check", check ? String(check.leaks) : "not checked"],
    ["documents out of date", String(ended.length)],
  ];
  return element("ul", { class: "tiles" }, ...rows.map(([name, value]) => element("li", {}, element("b", {}, value), name)));
}

/** @param {any[]} days @param {string} name */
function sum(days, name) {
  return days.reduce((total, day) => total + day[name], 0);
}

/** @param {any} each */
function counts(each) {
  return [each.name, ...COUNTS.map((name) => each[name])];
}

/** @param {any} stage */
function times({ name, median, p95, count }) {
  return [name, (1000 * median).toFixed(1), (1000 * p95).toFixed(1), count];
}

/** @param {string} title @param {string[]} head @param {any[][]} rows */
function table(title, head, rows) {
  if (!rows.length) return element("p", { class: "quiet" }, `${title}: none.`);
  const heads = head.map((each) => element("th", { scope: "col" }, each));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, String(cell)))));
  const inner = element("table", {}, element("caption", {}, title), element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...body));
  return element("div", { class: "table", tabindex: "0", role: "region", "aria-label": title }, inner);
}

/** @param {any[]} days */
function chart(days) {
  const most = Math.max(...days.map((day) => day.questions), 1);
  const step = WIDTH / Math.max(days.length, 7);
  const drawn = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + FOOT}`, class: "chart", role: "img" });
  drawn.setAttribute("aria-label", days.map((day) => `${day.name}: ${day.questions} asked, ${day.refused} refused`).join("; "));
  days.forEach((day, place) => {
    const bar = (/** @type {number} */ value, /** @type {string} */ kind) => {
      const height = (HEIGHT * value) / most;
      return svg("rect", { x: place * step + 2, y: HEIGHT - height, width: step - 4, height, class: kind });
    };
    drawn.append(bar(day.questions, "asked"), bar(day.refused, "refused"));
    if (place % Math.ceil(days.length / 7) === 0) {
      const label = svg("text", { x: place * step + 2, y: HEIGHT + FOOT - 4 });
      label.textContent = day.name.slice(5);
      drawn.append(label);
    }
  });
  return drawn;
}

/** @param {string} tag @param {Record<string, string|number>} attributes */
function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

catchAll();
prepareTheme();
prepareSession(clear, ({ reviewer }) => (reviewer ? load() : refuse("This page is for reviewers.")));
await enter();
