// Parts of a page that are replaced by those of the page as it is now, unless the user is working in them.
import { nameLanguages } from "./languages.js";

/**
 * Fetch the page again and replace its elements with these values of `data-region`.
 * @param {string[]} names
 * @returns {Promise<string[]>} those that were not replaced, because they are in use or the page cannot be loaded
 */
export async function refreshRegions(names) {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok || response.redirected) return names;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  return names.filter((name) => !replaceRegion(name, fresh));
}

/**
 * @param {string} name
 * @param {Document} fresh
 * @returns {boolean} whether the page has the part as it is now
 */
function replaceRegion(name, fresh) {
  const selector = `[data-region="${name}"]`;
  const current = document.querySelector(selector);
  const next = fresh.querySelector(selector);
  if (!current || !next) return !current === !next;
  if (isInUse(current)) return false;
  const replacement = document.importNode(next, true);
  keepFolds(current, replacement);
  const focusId = current.contains(document.activeElement) ? document.activeElement?.id : "";
  nameLanguages(replacement);
  current.replaceWith(replacement);
  if (focusId) document.getElementById(focusId)?.focus({ preventScroll: true });
  replacement.dispatchEvent(new CustomEvent("region-refreshed", { bubbles: true }));
  return true;
}

/**
 * Return whether a replacement would lose something: typed or selected text, ticked boxes, an open menu or dialog, running media.
 * @param {Element} region
 */
export function isInUse(region) {
  const { activeElement } = document;
  if (region instanceof HTMLElement && region.hidden) return true; // such as the name, while it is a field
  if (region.contains(activeElement) && isField(activeElement)) return true;
  if (region.contains(activeElement) && !activeElement?.id) return true; // the focus would be lost
  const selection = getSelection();
  if (selection && !selection.isCollapsed && selection.containsNode(region, true)) return true;
  return (
    region.querySelector("dialog[open], [data-menu][open], .player-row") !== null ||
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
