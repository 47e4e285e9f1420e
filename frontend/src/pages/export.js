// The page that chooses the contents of a ZIP: show how much is selected.

import { find, readJson, refsOf } from "../dom.js";
import { formatBytes, formatFileCount, sum } from "../format.js";
import { gettext } from "../i18n.js";

/** Files of a category and language. @typedef {{category: string, language: string, file_count: number, size: number}} Group */

const form = /** @type {HTMLFormElement} */ (document.getElementById("export"));
const ref = refsOf(form);
/** @type {Group[]} */
const groups = readJson("export-groups");
const hasLanguages = form.querySelector('[name="language"]') !== null;

/** @param {string} name of the checkboxes */
function checkedValues(name) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const boxes = form.querySelectorAll(`[name="${name}"]:checked`);
  return new Set(Array.from(boxes, (box) => box.value));
}

function update() {
  const isHistory = find(form, '[name="scope"]:checked', HTMLInputElement).value === "history";
  const categories = checkedValues("category");
  const languages = checkedValues("language");
  const selected = groups.filter(
    ({ category, language }) => categories.has(category) && (language === "" || languages.has(language)),
  );
  const fileCount = sum(selected.map((group) => group.file_count));
  let problem = "";
  if (isHistory) problem = "";
  else if (categories.size === 0) problem = gettext("Choose at least one category.");
  else if (hasLanguages && languages.size === 0) problem = gettext("Choose at least one language.");
  else if (fileCount === 0) problem = gettext("No file is selected.");
  ref("groups").hidden = isHistory;
  ref("sum").hidden = isHistory;
  ref("sum").classList.toggle("bad", problem !== "");
  showText(ref("files"), problem || formatFileCount(fileCount));
  showText(ref("bytes"), problem ? "" : formatBytes(sum(selected.map((group) => group.size))));
  ref("submit", HTMLButtonElement).disabled = problem !== "";
  updateDownload(problem === "");
  updateWarning(
    (category, language) =>
      isHistory || (categories.has(category) && (language === "" || !hasLanguages || languages.has(language))),
  );
}

/**
 * Replace a text unless the page has it already: replacing it counts as a layout shift.
 * @param {HTMLElement} element
 * @param {string} text
 */
function showText(element, text) {
  if (element.textContent?.trim() !== text) element.textContent = text;
}

/**
 * Show the stale results among the selected files alone.
 * @param {(category: string, language: string) => boolean} isSelected
 */
function updateWarning(isSelected) {
  const banner = document.querySelector(".banner:has(.stale-results)");
  if (!(banner instanceof HTMLElement)) return;
  /** @type {NodeListOf<HTMLElement>} */
  const results = banner.querySelectorAll("[data-category]");
  for (const result of results) {
    result.hidden = !isSelected(result.dataset.category ?? "", result.dataset.inLanguage ?? "");
  }
  banner.hidden = Array.from(results).every((result) => result.hidden);
}

/**
 * Put the form's values into the address of the download, except for the CSRF token.
 * @param {boolean} isEnabled
 */
function updateDownload(isEnabled) {
  const link = ref("download", HTMLAnchorElement);
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (name !== "csrfmiddlewaretoken") query.append(name, String(value));
  if (isEnabled) link.href = `${link.dataset.url}?${query}`;
  else link.removeAttribute("href");
  link.setAttribute("aria-disabled", String(!isEnabled));
}

form.addEventListener("change", update);
update(); // a browser restores the boxes when the user goes back
