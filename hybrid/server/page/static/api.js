// Requests to this server, and to no other.

/** A failure that the server, or the way to it, gave; its message is for the person. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status 0 where no answer came
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** What requests are sent with; in memory alone, so that it ends with the tab. */
const credentials = { bearer: "", csrf: "" };

/**
 * Send requests from now on as somebody else.
 * @param {string} bearer a person in development mode, or an API key; empty for the session or nobody
 */
export function signAs(bearer) {
  credentials.bearer = bearer;
  credentials.csrf = "";
}

/**
 * Repeat a session's token against forgery from now on.
 * @param {string|null} token
 */
export function guardWith(token) {
  credentials.csrf = token ?? "";
}

/**
 * Send a request and return its answer.
 * @param {string} path
 * @param {{method?: string, body?: unknown, signal?: AbortSignal}} options
 * @returns {Promise<Response>}
 * @throws {ApiError} there is no good answer
 */
export async function send(path, { method = "GET", body, signal } = {}) {
  const answer = await fetch(path, {
    method,
    headers: headers(body !== undefined),
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    credentials: "same-origin",
    redirect: "error",
  }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The server cannot be reached. Check the connection and try again.", 0);
  });
  if (!answer.ok) throw new ApiError(await reason(answer), answer.status);
  return answer;
}

/**
 * Return the JSON that a path answers.
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function get(path) {
  return (await send(path)).json();
}

/** @param {boolean} withBody */
function headers(withBody) {
  return {
    ...(withBody && { "Content-Type": "application/json" }),
    ...(credentials.bearer && { Authorization: `Bearer ${credentials.bearer}` }),
    ...(credentials.csrf && { "X-CSRF-Token": credentials.csrf }),
  };
}

/** @param {Response} answer */
async function reason(answer) {
  const { error } = await answer.json().catch(() => ({}));
  const said = sentence(error?.message ?? `the server answered ${answer.status}`);
  const wait = answer.headers.get("Retry-After");
  return wait ? `${said} Try again in ${wait} s.` : said;
}

/**
 * Return one of the server's messages as a sentence.
 * @param {string} message
 */
export function sentence(message) {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
