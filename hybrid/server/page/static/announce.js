// What is said to everybody: a status for screen readers, and one calm line when something goes wrong.

import { byId } from "./dom.js";

/**
 * Say something to who listens instead of looking.
 * @param {string} text
 */
export function say(text) {
  byId("status").textContent = text;
}

/**
 * Show what went wrong; an empty text takes it away, but never what a failure of the page itself left.
 * @param {string} text
 */
export function warn(text) {
  byId("warning").textContent = text;
}

/** Show failures of the page itself in words that help, instead of nothing at all; they stay until it is reloaded. */
export function catchAll() {
  const calm = () => {
    byId("failure").textContent = "Something went wrong on this page. What you see is still right; reload it to go on.";
  };
  window.addEventListener("error", calm);
  window.addEventListener("unhandledrejection", calm);
}
