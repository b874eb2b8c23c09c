"use strict";
const { dataset, criteria, items } = JSON.parse(document.getElementById("data").textContent);
const kept = `hybrid-rating-${dataset}`;
const find = (id) => document.getElementById(id);
const state = { rater: "", at: 0, ratings: {}, ...JSON.parse(localStorage.getItem(kept) || "{}") };
let focus = 0;

const rated = (item) => criteria.every((name) => (state.ratings[item.item] || {})[name]);
const keep = () => localStorage.setItem(kept, JSON.stringify(state));

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text || "(no reply)";
  }
}

function show() {
  const item = items[state.at];
  const given = state.ratings[item.item] || {};
  find("asked").textContent = item.asked;
  find("reference").textContent = pretty(item.reference);
  find("reply").textContent = pretty(item.reply);
  find("place").textContent = `Reply ${state.at + 1} of ${items.length}`;
  const done = items.filter(rated).length;
  find("done").textContent = `${done} rated`;
  find("bar").value = done;
  find("back").disabled = state.at === 0;
  find("next").disabled = state.at === items.length - 1;
  criteria.forEach((name, row) => {
    document.querySelectorAll(`input[name="${name}"]`).forEach((input) => {
      input.checked = Number(input.value) === given[name];
    });
    find(`row-${name}`).classList.toggle("now", row === focus);
  });
}

function rate(name, value) {
  const item = items[state.at];
  state.ratings[item.item] = { ...state.ratings[item.item], [name]: value };
  focus = Math.min(criteria.indexOf(name) + 1, criteria.length - 1);
  keep();
  show();
}

function move(by) {
  state.at = Math.max(0, Math.min(items.length - 1, state.at + by));
  focus = 0;
  keep();
  show();
  find("place").focus();
}

function saved() {
  const cell = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const lines = items
    .filter((item) => state.ratings[item.item])
    .map((item) => [item.item, ...criteria.map((name) => state.ratings[item.item][name] || ""), state.rater]);
  const text = [["item", ...criteria, "rater"], ...lines].map((line) => line.map(cell).join(",")).join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${text}\r\n`], { type: "text/csv" }));
  link.download = `ratings-${state.rater.replaceAll(/[^\w-]+/g, "-") || "me"}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

document.querySelectorAll("input[type=radio]").forEach((input) => {
  input.addEventListener("change", () => rate(input.name, Number(input.value)));
});
find("rater").value = state.rater;
find("rater").addEventListener("input", (event) => {
  state.rater = event.target.value.trim();
  keep();
});
find("back").addEventListener("click", () => move(-1));
find("next").addEventListener("click", () => move(1));
find("save").addEventListener("click", saved);
document.addEventListener("keydown", (event) => {
  if (event.target === find("rater") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key >= "1" && event.key <= "5") rate(criteria[focus], Number(event.key));
  else if (event.key === "ArrowRight" && event.target.type !== "radio") move(1);
  else if (event.key === "ArrowLeft" && event.target.type !== "radio") move(-1);
});
find("bar").max = items.length;
state.at = Math.min(state.at, items.length - 1);
show();
