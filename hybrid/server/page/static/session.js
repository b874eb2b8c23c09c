// Who is asking, and with which voice they are answered.

import { ApiError, get, guardWith, send, signAs } from "./api.js";
import { say, warn } from "./announce.js";
import { byId, element } from "./dom.js";

const WAYS = "/page/ways.json";

/** @typedef {{user: string|null, groups: string[], method: string, reviewer: boolean, people: string[]}} Me */

/** @type {(me: Me) => void} */
let entered = () => {};

/**
 * Keep the page in step with who is signed in.
 * @param {() => void} changed called when somebody else asks from now on, before anything of theirs is shown
 * @param {(me: Me) => void} whenEntered called when it is known who they are
 */
export function prepareSession(changed, whenEntered = () => {}) {
  entered = whenEntered;
  byId("come").addEventListener("click", () => (byId("sign-in").hidden ? askToSignIn() : showWaysIn(null)));
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

let latest = 0;

/**
 * Ask the server who is signed in, and show it all at once; whoever is not is asked to sign in.
 * @param {boolean} sent whether a credential was given, whose refusal is worth a word
 */
export async function enter(sent = false) {
  const mine = ++latest;
  try {
    const { me, ways, voices } = await whoAsks();
    if (mine !== latest) return; // somebody else came meanwhile
    guardWith(me.csrf);
    showPerson(me);
    byId("come").hidden = !(ways.provider || ways.key);
    showVoices(voices);
    showWaysIn(null);
    warn("");
    entered(me);
  } catch (error) {
    if (mine !== latest) return;
    if (!(error instanceof ApiError)) throw error;
    warn(error.status === 401 && !sent ? "" : error.message);
    byId("come").hidden = true;
    if (error.status === 401) await askToSignIn();
  }
}

/** A visitor may go on as one, or sign in where that is possible. */
async function whoAsks() {
  const me = await get("/api/me");
  const [{ data }, ways] = await Promise.all([get("/v1/models"), me.method === "visitor" ? get(WAYS) : {}]);
  return { me, ways, voices: data };
}

/** Show the ways in instead of the question. */
export async function askToSignIn() {
  showWaysIn(await get(WAYS));
}

/** @param {{provider: boolean, key: boolean}|null} ways null where the question is to be shown */
function showWaysIn(ways) {
  byId("sign-in").hidden = !ways;
  byId("ask").hidden = Boolean(ways);
  if (!ways) return;
  byId("leave").hidden = true;
  byId("provider").hidden = !ways.provider;
  byId("key-form").hidden = !ways.key;
  byId("sign-in-title").focus();
}

/** @param {Me} me */
function showPerson({ user, groups, method, reviewer, people }) {
  const inGroups = groups.length ? ` (${groups.join(", ")})` : "";
  byId("who").textContent = people.length ? inGroups.trim() : `${user ?? "Visitor"}${inGroups}`;
  byId("leave").hidden = method !== "session";
  byId("desk").hidden = !reviewer;
  byId("person-choice").hidden = !people.length;
  const options = people.map((name) => element("option", { value: name }, name));
  byId("person").replaceChildren(element("option", { value: "" }, "a visitor"), ...options);
  byId("person").value = people.length ? (user ?? "") : "";
  say(`You ask as ${user ?? "a visitor"}${inGroups}.`);
}

/** @param {{id: string}[]} voices */
function showVoices(voices) {
  const chosen = byId("voice").value;
  const options = voices.map(({ id }, n) => element("option", { value: id }, n ? id : "as configured"));
  byId("voice").replaceChildren(...options);
  if (voices.some(({ id }) => id === chosen)) byId("voice").value = chosen;
  byId("voice-choice").hidden = voices.length < 2;
}
