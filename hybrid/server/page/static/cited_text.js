// An answer's text while it grows: "[1]" becomes a button that opens the source, all else is text.

import { button } from "./dom.js";

const MARKER = /\[(\d{1,3})\]/;
const UNFINISHED = /\[\d{0,3}$/;

/** @typedef {{marker: number, document: string, title: string, version: string, lines: [number, number],
 *   page: number|null, start: number, end: number, quote: string}} Citation */

/** Text with chips. What stands is never made anew, so that the focus stays on a chip while the rest arrives. */
export class CitedText {
  /**
   * @param {HTMLElement} place
   * @param {(citation: Citation, chip: HTMLElement) => void} open
   */
  constructor(place, open) {
    this.place = place;
    this.open = open;
    this.rest = "";
    /** @type {Map<number, Citation>} */
    this.citations = new Map();
  }

  /** @param {Citation[]} found they come before the text that names them */
  cite(found) {
    for (const each of found) this.citations.set(each.marker, each);
  }

  /** @param {string} piece */
  add(piece) {
    this.rest += piece;
    for (let found = MARKER.exec(this.rest); found; found = MARKER.exec(this.rest)) {
      this.place.append(this.rest.slice(0, found.index), this.chip(Number(found[1]), found[0]));
      this.rest = this.rest.slice(found.index + found[0].length);
    }
    const held = UNFINISHED.exec(this.rest)?.index ?? this.rest.length;
    this.place.append(this.rest.slice(0, held));
    this.rest = this.rest.slice(held);
  }

  /** Show what was held back because it could have become a marker. */
  finish() {
    this.place.append(this.rest);
    this.rest = "";
  }

  /** Take everything back. */
  clear() {
    this.place.replaceChildren();
    this.rest = "";
    this.citations.clear();
  }

  /**
   * @param {number} marker
   * @param {string} text
   * @returns {Node|string} text where there is no such citation: nothing is to look cited that is not
   */
  chip(marker, text) {
    const citation = this.citations.get(marker);
    if (!citation) return text;
    const chip = button(String(marker), () => this.open(citation, chip), {
      class: "chip",
      "aria-label": `Source ${marker}: ${citation.title}`,
      title: `${citation.title}, ${placeOf(citation)}`,
    });
    return chip;
  }
}

/**
 * Return where in its document something stands, in words.
 * @param {{lines: [number, number], page?: number|null, pages?: [number, number]|null}} found
 */
export function placeOf({ lines: [first, last], page, pages }) {
  const lines = first === last ? `line ${first}` : `lines ${first} to ${last}`;
  const begins = page ?? pages?.[0];
  return begins ? `page ${begins}, ${lines}` : lines;
}
