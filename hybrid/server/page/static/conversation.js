// Questions in a row: each is sent with those before it, and its answer is shown while it arrives.

import { ApiError, send, sentence } from "./api.js";
import { say } from "./announce.js";
import { AnswerView } from "./answer.js";
import { byId } from "./dom.js";
import { events } from "./events.js";
import { closeSource } from "./source.js";

const REMEMBERED = 10;

/** One conversation, and the one question that may be under way. */
export class Conversation {
  constructor() {
    /** @type {string[]} */
    this.questions = [];
    /** @type {AbortController|null} */
    this.underWay = null;
  }

  /**
   * Ask, and show what comes.
   * @param {string} question
   * @param {string} model a name of /v1/models
   */
  async ask(question, model) {
    const view = new AnswerView(question);
    const going = (this.underWay = new AbortController());
    byId("welcome").hidden = true;
    byId("conversation").append(view.root);
    view.root.scrollIntoView({ block: "start" });
    say("Looking in the documents.");
    try {
      await this.receive(question, model, view, going.signal);
    } catch (error) {
      view.fail(worded(error));
      if (error instanceof ApiError && error.status === 401) throw error;
    } finally {
      if (this.underWay === going) this.underWay = null;
    }
  }

  /**
   * @param {string} question
   * @param {string} model
   * @param {AnswerView} view
   * @param {AbortSignal} signal
   */
  async receive(question, model, view, signal) {
    const asked = [...this.questions.slice(-REMEMBERED), question];
    const messages = asked.map((content) => ({ role: "user", content }));
    const answer = await send("/v1/chat/completions", { method: "POST", body: { model, messages, stream: true }, signal });
    if (!answer.body) throw new ApiError("The answer was empty. Ask again.", 0);
    let ended = false;
    for await (const data of events(answer.body)) {
      if (data === "[DONE]") break;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new ApiError(sentence(chunk.error.message), 0);
      view.take(chunk);
      ended ||= Boolean(chunk.status);
    }
    signal.throwIfAborted();
    if (!ended) throw new ApiError("The answer broke off. Ask again.", 0);
    this.questions.push(question);
  }

  /** Stop the answer that is under way. */
  stop() {
    this.underWay?.abort();
  }

  /** Begin anew: nothing that was asked before is shown or sent any more. */
  clear() {
    this.stop();
    this.questions = [];
    for (const each of document.querySelectorAll(".exchange")) each.remove();
    byId("welcome").hidden = false;
    closeSource();
  }
}

/** @param {unknown} error @returns {string} */
function worded(error) {
  if (error instanceof ApiError) return error.message;
  if (error instanceof DOMException && error.name === "AbortError") return "Stopped.";
  console.error(error);
  return "The answer broke off. Ask again.";
}
