// Parts of a page that are replaced by those of the page as it is now, unless the user is working in them.
import { nameLanguages } from "./languages.js";

/** @typedef {{remaining: string[], postponed: string[], isLoaded: boolean}} Refreshed
 * `remaining`: names that were not replaced; `postponed`: those of them that can be replaced later. */
/** @typedef {"replaced" | "in use" | "elsewhere"} Replacement "elsewhere": only one of both pages has the part */

/**
 * Fetch the page again and replace its elements with these values of `data-region`.
 * @param {string[]} names
 * @returns {Promise<Refreshed>}
 */
export async function refreshRegions(names) {
  const { pathname, search } = location;
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const text = await response?.text().catch(() => null);
  // Other results of a list were chosen in the meantime.
  if (location.pathname !== pathname || location.search !== search)
    return { remaining: names, postponed: names, isLoaded: true };
  if (!response || text === null || text === undefined || [429, 500, 502, 503, 504].includes(response.status))
    return { remaining: names, postponed: names, isLoaded: false };
  // Signed out, or the session was deleted.
  if (!response.ok || response.redirected) return { remaining: names, postponed: [], isLoaded: true };
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const results = names.map((name) => ({ name, result: replaceRegion(name, fresh) }));
  return {
    remaining: results.filter(({ result }) => result !== "replaced").map(({ name }) => name),
    postponed: results.filter(({ result }) => result === "in use").map(({ name }) => name),
    isLoaded: true,
  };
}

/**
 * @param {string} name
 * @param {Document} fresh
 * @returns {Replacement}
 */
function replaceRegion(name, fresh) {
  const selector = `[data-region="${name}"]`;
  const current = document.querySelector(selector);
  const next = fresh.querySelector(selector);
  if (!current || !next) return current || next ? "elsewhere" : "replaced";
  if (isInUse(current)) return "in use";
  const replacement = document.importNode(next, true);
  keepFolds(current, replacement);
  const focusId = current.contains(document.activeElement) ? document.activeElement?.id : "";
  nameLanguages(replacement);
  current.replaceWith(replacement);
  if (focusId) document.getElementById(focusId)?.focus({ preventScroll: true });
  replacement.dispatchEvent(new CustomEvent("region-refreshed", { bubbles: true }));
  return "replaced";
}

/**
 * Return whether a replacement would lose something: typed or selected text, ticked boxes, an open menu or dialog, running media.
 * @param {Element} region
 */
export function isInUse(region) {
  const { activeElement } = document;
  if (region instanceof HTMLElement && region.hidden) return true; // such as the name, while it is a field
  if (region.matches("[aria-busy='true']")) return true; // it is being loaded
  if (region.contains(activeElement) && isField(activeElement)) return true;
  if (region.contains(activeElement) && !activeElement?.id) return true; // the focus would be lost
  const selection = getSelection();
  if (selection && !selection.isCollapsed && selection.containsNode(region, true)) return true;
  return (
    region.querySelector("dialog[open], [data-menu][open], .player-row, [aria-busy='true']") !== null ||
    [...region.querySelectorAll("audio, video")].some((media) => !(/** @type {HTMLMediaElement} */ (media).paused)) ||
    [...region.querySelectorAll("input, textarea, select")].some(hasChanged)
  );
}

/** @param {Element | null} element */
const isField = (element) => element?.matches("input, textarea, select, [contenteditable]") ?? false;

/** @param {Element} field */
function hasChanged(field) {
  if (field instanceof HTMLSelectElement)
    return [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0;
  if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type))
    return field.checked !== field.defaultChecked;
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)
    return field.value !== field.defaultValue && !(field instanceof HTMLInputElement && field.type === "hidden");
  return false;
}

/**
 * Keep what the user has unfolded, by id.
 * @param {Element} current
 * @param {Element} replacement
 */
function keepFolds(current, replacement) {
  /** @type {NodeListOf<HTMLDetailsElement>} */
  const folds = current.querySelectorAll("details[id]");
  for (const fold of folds) {
    const next = replacement.querySelector(`#${CSS.escape(fold.id)}`);
    if (next instanceof HTMLDetailsElement) next.open = fold.open;
  }
}
