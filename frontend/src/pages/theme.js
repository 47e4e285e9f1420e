// Set the color theme. Runs before the page is drawn, so that it never appears in the wrong colors first.

/** @typedef {"light" | "dark"} Theme */

const STORAGE_KEY = "dubbing-theme";
const systemTheme = matchMedia("(prefers-color-scheme: dark)");

/** @returns {Theme} */
const themeOfSystem = () => (systemTheme.matches ? "dark" : "light");

/** @returns {Theme} the user's choice, otherwise the system's */
function currentTheme() {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return stored === "light" || stored === "dark" ? stored : themeOfSystem();
  } catch {
    return themeOfSystem(); // storage is disabled
  }
}

/** @param {Theme} theme */
function storeTheme(theme) {
  try {
    if (theme === themeOfSystem()) localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // the choice is valid for this page only
  }
}

/** @returns {NodeListOf<HTMLElement>} */
const toggles = () => document.querySelectorAll("[data-theme-toggle]");

/** @param {Theme} theme */
function apply(theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of toggles()) button.setAttribute("aria-pressed", String(theme === "dark"));
}

apply(currentTheme());
systemTheme.addEventListener("change", () => apply(currentTheme()));
document.addEventListener("DOMContentLoaded", () => {
  apply(currentTheme());
  for (const button of toggles()) {
    button.addEventListener("click", () => {
      const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
      storeTheme(theme);
      apply(theme);
    });
  }
});
