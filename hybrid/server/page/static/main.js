// Puts the parts of the page together.

import { catchAll } from "./announce.js";
import { ApiError } from "./api.js";
import { Conversation } from "./conversation.js";
import { byId } from "./dom.js";
import { askToSignIn, enter, prepareSession } from "./session.js";
import { prepareSource } from "./source.js";
import { prepareTheme } from "./theme.js";

const conversation = new Conversation();
const question = byId("question");

async function ask() {
  const text = question.value.trim();
  if (!text || byId("send").hidden) return;
  question.value = "";
  underWay(true);
  try {
    await entered;
    await conversation.ask(text, byId("voice").value || "hybrid");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await askToSignIn();
  } finally {
    underWay(false);
  }
}

/** @param {boolean} going */
function underWay(going) {
  byId("send").hidden = going;
  byId("stop").hidden = !going;
}

/** Begin anew with the last question at hand: another person asks the same and may get another answer. */
function anotherPerson() {
  const last = conversation.questions.at(-1) ?? "";
  conversation.clear();
  if (!question.value) question.value = last;
}

catchAll();
prepareTheme();
prepareSource(question);
prepareSession(anotherPerson);
byId("ask").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  ask();
});
question.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ask();
});
byId("conversation").addEventListener("follow", (/** @type {CustomEvent} */ event) => {
  if (byId("send").hidden) return;
  question.value = event.detail;
  ask();
});
byId("stop").addEventListener("click", () => conversation.stop());
byId("anew").addEventListener("click", () => {
  conversation.clear();
  question.focus();
});
const entered = enter();
await entered;
if (document.activeElement === document.body) question.focus();
