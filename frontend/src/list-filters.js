// Filters of a list: each change shows the new results at once, without leaving the page or the field.
import { nameLanguages } from "./languages.js";

const TYPING_PAUSE = 350; // milliseconds
/** @type {AbortController | null} */
let running = null;

/**
 * Return the address of a form's values, without those that are empty.
 * @param {HTMLFormElement} form
 */
export function filterUrl(form) {
  const url = new URL(form.action);
  for (const [name, value] of new FormData(form)) {
    const field = form.elements.namedItem(name);
    const isDefault = field instanceof HTMLSelectElement && field.selectedIndex === 0;
    if (typeof value === "string" && value.trim() && !isDefault) url.searchParams.set(name, value.trim());
  }
  return url;
}

/**
 * Connect a form to the results with the id `results`, which the server renders for every address.
 * @param {HTMLFormElement} form
 * @param {() => void} onResults is called when new results are shown
 */
export function connectListFilters(form, onResults) {
  let timer = 0;
  const refresh = () => {
    clearTimeout(timer);
    load(filterUrl(form), onResults);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    refresh();
  });
  form.addEventListener("input", (event) => {
    if (!(event.target instanceof HTMLInputElement) || event.target.type !== "search") return;
    clearTimeout(timer);
    timer = window.setTimeout(refresh, TYPING_PAUSE);
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    const isField = field instanceof HTMLSelectElement || field instanceof HTMLInputElement;
    if (isField && field.form === form && field.type !== "search") refresh();
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-refresh]") : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    load(new URL(link.href), onResults);
  });
  if (hasChanges(form)) refresh();
}

/**
 * Return whether a field differs from what the server rendered: changed before the script ran, or restored by the browser.
 * @param {HTMLFormElement} form
 */
function hasChanges(form) {
  return [...form.elements].some((field) => {
    if (field instanceof HTMLSelectElement) {
      const rendered = [...field.options].findIndex((option) => option.defaultSelected);
      return field.selectedIndex !== Math.max(0, rendered);
    }
    if (!(field instanceof HTMLInputElement)) return false;
    return field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  });
}

/**
 * @param {URL} url
 * @param {() => void} onResults
 */
async function load(url, onResults) {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  document.getElementById("results")?.setAttribute("aria-busy", "true");
  let fresh = null;
  try {
    await whenStarsAreSaved();
    const response = await fetch(url, { signal: controller.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    fresh = response.ok && !response.redirected ? page.getElementById("results") : null;
  } catch {
    if (controller.signal.aborted) return;
  }
  const results = document.getElementById("results"); // it may have been refreshed
  if (!results || !fresh) {
    location.assign(url); // shows the sign-in or the error
    return;
  }
  const focused = document.activeElement?.id;
  const hadFocus = results.contains(document.activeElement);
  results.replaceWith(fresh);
  if (hadFocus && focused) document.getElementById(focused)?.focus();
  history.replaceState(null, "", url);
  nameLanguages(fresh);
  onResults();
}

/** Wait for stars that marks.js, which is in the script of all pages, is saving: the results depend on them. */
async function whenStarsAreSaved() {
  while (document.querySelector('[data-star][aria-busy="true"]')) {
    await new Promise((resolve) => document.addEventListener("star-saved", resolve, { once: true }));
  }
}
