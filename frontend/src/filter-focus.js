// Forms and links that filter a list load the page again: the focus and the place on the page are kept.

const KEY = "filter-focus";

/** @typedef {{path: string, selector: string, top: number}} Place */

/** Keep the focus of `[data-filter]`: forms, and groups of links. */
export function connectFilterFocus() {
  document.addEventListener("submit", (event) => remember(/** @type {Element} */ (event.target)));
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("[data-filter] a[href]");
    if (link && !event.defaultPrevented) remember(link);
  });
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (text) restore(JSON.parse(text));
}

/** @param {Element} origin */
function remember(origin) {
  const form = origin.closest("[data-filter]");
  if (!form) return;
  const control = form.contains(document.activeElement) ? document.activeElement : origin;
  const selector = control ? selectorOf(form, control) : "";
  /** @type {Place} */
  const place = { path: location.pathname, selector, top: scrollY };
  sessionStorage.setItem(KEY, JSON.stringify(place));
}

/**
 * Return a selector that finds the control on the next page: by id, by name, or by its place among the form's controls.
 * @param {Element} form
 * @param {Element} control
 */
function selectorOf(form, control) {
  if (control.id) return `#${CSS.escape(control.id)}`;
  const group = [...document.querySelectorAll("[data-filter]")].indexOf(form);
  const index = [...form.querySelectorAll(CONTROLS)].indexOf(control);
  return `${group} ${index}`;
}

const CONTROLS = "a[href], button, input, select, summary";

/** @param {Place} place */
function restore({ path, selector, top }) {
  if (path !== location.pathname) return;
  const [group = 0, index = 0] = selector.split(" ").map(Number);
  const control = selector.startsWith("#")
    ? document.querySelector(selector)
    : document.querySelectorAll("[data-filter]")[group]?.querySelectorAll(CONTROLS)[index];
  if (!(control instanceof HTMLElement)) return;
  if (!location.hash) scrollTo({ top, behavior: "instant" });
  control.focus({ preventScroll: true });
}
