// Light or dark: as the system says, until somebody says otherwise; that is remembered in this browser.

import { byId } from "./dom.js";

const KEPT = "hybrid-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Let the button switch between light and dark. */
export function prepareTheme() {
  show();
  dark.addEventListener("change", show);
  byId("theme").addEventListener("click", () => {
    keep(isDark() ? "light" : "dark");
    show();
  });
}

function isDark() {
  const chosen = document.documentElement.dataset.theme ?? kept();
  return chosen ? chosen === "dark" : dark.matches;
}

function show() {
  const chosen = kept();
  if (chosen) document.documentElement.dataset.theme = chosen;
  byId("theme").setAttribute("aria-pressed", String(isDark()));
}

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // browsers may forbid it; the choice then holds for this page
  }
}

/** @param {"light"|"dark"} theme */
function keep(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEPT, theme);
  } catch {
    return;
  }
}
