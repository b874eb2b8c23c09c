// One training row that waits for a person: what would be learned, and yes or no.

import { say } from "./announce.js";
import { button, element } from "./dom.js";

/**
 * @param {any} row
 * @param {(id: string, decision: "approved"|"rejected") => Promise<unknown>} decide
 */
export function rowView(row, decide) {
  const outcome = element("p", { class: "quiet outcome" });
  const buttons = [button("Approve", () => take("approved")), button("Reject", () => take("rejected"))];
  const asked = row.groups.length ? `asked by ${row.groups.join(", ")}` : "asked by a visitor";

  /** @param {"approved"|"rejected"} decision */
  async function take(decision) {
    for (const each of buttons) each.disabled = true;
    try {
      await decide(row.id, decision);
      outcome.textContent = decision === "approved" ? "Approved: it may be learned from." : "Rejected: it teaches nothing.";
    } catch (error) {
      outcome.textContent = `Not done. ${/** @type {Error} */ (error).message}`;
      for (const each of buttons) each.disabled = false;
    }
    say(outcome.textContent ?? "");
  }

  return element(
    "article",
    { class: "case" },
    element("h3", {}, row.question),
    element("p", { class: "quiet" }, [row.id, asked, row.era, `by ${row.author}`].join(" \u00b7 ")),
    element("blockquote", {}, JSON.stringify(row.reply, null, 1)),
    element("div", { class: "decisions" }, ...buttons),
    outcome,
  );
}
