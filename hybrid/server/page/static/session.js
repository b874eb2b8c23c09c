// Who is asking, and with which voice they are answered.

import { ApiError, get, guardWith, send, signAs } from "./api.js";
import { say, warn } from "./announce.js";
import { byId, element } from "./dom.js";

/**
 * Keep the page in step with who is signed in.
 * @param {() => void} changed called when somebody else asks from now on, before anything of theirs is shown
 */
export function prepareSession(changed) {
  byId("come").addEventListener("click", () => askToSignIn(byId("sign-in").hidden));
  byId("person").addEventListener("change", async () => {
    signAs(byId("person").value);
    changed();
    await enter();
  });
  byId("key-form").addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    signAs(byId("key").value.trim());
    byId("key").value = "";
    changed();
    await enter(true);
  });
  byId("leave").addEventListener("click", async () => {
    await send("/auth/logout", { method: "POST" });
    signAs("");
    changed();
    await enter();
  });
}

/**
 * Ask the server who is signed in, and show it; whoever is not is asked to sign in.
 * @param {boolean} sent whether a credential was given, whose refusal is worth a word
 */
export async function enter(sent = false) {
  try {
    const me = await get("/api/me");
    guardWith(me.csrf);
    showPerson(me);
    await showWayIn(me.method);
    await showVoices();
    await askToSignIn(false);
    warn("");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    warn(error.status === 401 && !sent ? "" : error.message);
    byId("come").hidden = true;
    if (error.status === 401) await askToSignIn(true);
  }
}

/**
 * Show the ways in instead of the question, or the question.
 * @param {boolean} needed
 */
export async function askToSignIn(needed) {
  byId("sign-in").hidden = !needed;
  byId("ask").hidden = needed;
  if (!needed) return;
  byId("leave").hidden = true;
  byId("sign-in-title").focus();
  const { provider, key } = await get("/page/ways.json");
  byId("provider").hidden = !provider;
  byId("key-form").hidden = !key;
}

/** @param {{user: string|null, groups: string[], method: string, people: string[]}} me */
function showPerson({ user, groups, method, people }) {
  const inGroups = groups.length ? ` (${groups.join(", ")})` : "";
  byId("who").textContent = people.length ? inGroups.trim() : `${user ?? "Visitor"}${inGroups}`;
  byId("leave").hidden = method !== "session";
  byId("person-choice").hidden = !people.length;
  const options = people.map((name) => element("option", { value: name }, name));
  byId("person").replaceChildren(element("option", { value: "" }, "a visitor"), ...options);
  byId("person").value = people.length ? (user ?? "") : "";
  say(`You ask as ${user ?? "a visitor"}${inGroups}.`);
}

/** @param {string} method a visitor may go on as one, or sign in where that is possible */
async function showWayIn(method) {
  const ways = method === "visitor" ? await get("/page/ways.json") : {};
  byId("come").hidden = !(ways.provider || ways.key);
}

async function showVoices() {
  /** @type {{data: {id: string}[]}} */
  const { data } = await get("/v1/models");
  const chosen = byId("voice").value;
  const options = data.map(({ id }, n) => element("option", { value: id }, n ? id : "as configured"));
  byId("voice").replaceChildren(...options);
  if (data.some(({ id }) => id === chosen)) byId("voice").value = chosen;
  byId("voice-choice").hidden = data.length < 2;
}
