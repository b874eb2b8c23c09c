// The side panel: the very lines that were cited, of the very version, with the cited words marked.

import { get } from "./api.js";
import { placeOf } from "./cited_text.js";
import { byId, element } from "./dom.js";

/** @typedef {{number: number, text: string, mark: [number, number]|null}} Line */
/** @typedef {{document: string, title: string, version: string, lines: [number, number], start: number, end: number,
 *   page?: number|null, pages?: [number, number]|null}} Found */

/** @type {HTMLElement|null} */
let opener = null;
/** @type {HTMLElement|null} */
let home = null;
let latest = 0;
const phone = matchMedia("(max-width: 48rem)");

/**
 * Let the panel be closed by its button and by Escape.
 * @param {HTMLElement} otherwise gets the focus where who opened it has gone
 */
export function prepareSource(otherwise) {
  home = otherwise;
  byId("source-close").addEventListener("click", closeSource);
  phone.addEventListener("change", cover);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeSource();
  });
}

/**
 * Open the panel at a citation or passage.
 * @param {Found} found
 * @param {HTMLElement} from gets the focus back
 */
export async function openSource(found, from) {
  const mine = ++latest;
  opener = from;
  show(found.title, "Opening \u2026", []);
  byId("source-title").focus();
  try {
    const source = await get(address(found));
    if (mine === latest) show(source.title, described(found, source.lines, source.uri), source.lines);
  } catch (error) {
    if (mine === latest) show(found.title, /** @type {Error} */ (error).message, []);
  }
}

/** Close the panel; who opened it goes on where they were. */
export function closeSource() {
  if (byId("source").hidden) return;
  latest += 1;
  byId("source").hidden = true;
  cover();
  (opener?.isConnected ? opener : home)?.focus();
}

/** On a phone the panel covers the page: what lies under it is out of the keyboard's reach meanwhile. */
function cover() {
  for (const under of document.querySelectorAll("main, .bar")) {
    /** @type {HTMLElement} */ (under).inert = phone.matches && !byId("source").hidden;
  }
}

/** @param {Found} found */
function address({ document: id, version, start, end }) {
  const path = id.split("/").map(encodeURIComponent).join("/");
  return `/api/source/${path}?${new URLSearchParams({ version, start: String(start), end: String(end) })}`;
}

/**
 * @param {Found} found
 * @param {Line[]} lines
 * @param {string} uri
 * @returns {string} page, lines, table row, version and address
 */
function described(found, lines, uri) {
  const row = rowOf(lines);
  return [placeOf(found), ...(row ? [`table row \u201c${row}\u201d`] : []), `version ${found.version.slice(0, 12)}`, uri].join(" \u00b7 ");
}

/**
 * Return the first cell of the marked row, where the mark lies in one row of a table.
 * @param {Line[]} lines
 */
function rowOf(lines) {
  const marked = lines.filter((line) => line.mark);
  if (marked.length !== 1 || !marked[0].text.startsWith("|")) return "";
  return marked[0].text.split("|")[1]?.trim() ?? "";
}

/**
 * @param {string} title
 * @param {string} place
 * @param {Line[]} lines
 */
function show(title, place, lines) {
  byId("source-title").textContent = title;
  byId("source-place").textContent = place;
  byId("source-lines").replaceChildren(...(lines.length ? [element("ol", {}, ...lines.map(shown))] : []));
  byId("source").hidden = false;
  cover();
  byId("source-lines").querySelector("mark")?.scrollIntoView({ block: "center" });
}

/** @param {Line} line */
function shown({ number, text, mark }) {
  const parts = mark ? [text.slice(0, mark[0]), element("mark", {}, text.slice(...mark)), text.slice(mark[1])] : [text];
  return element("li", { value: String(number) }, ...parts);
}
