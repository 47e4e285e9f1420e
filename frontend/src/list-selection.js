// Selection in a list whose rows are replaced: of single rows, of the page, or of all results of its filters.

import { find } from "./dom.js";
import { formatNumber, gettext, ngettext } from "./i18n.js";

/** Results that one action changes, as MAX_SELECTED in sessions_app/views/session_batch.py. */
const MAX_SELECTED = 2000;

/**
 * @param {HTMLFormElement} form has the bar with the actions; the check boxes "codes" belong to it, wherever they are
 */
export function connectListSelection(form) {
  const bar = find(form, "[data-batch]");
  const everything = find(form, "[data-select-results]", HTMLButtonElement);
  const scope = find(form, "[data-scope]", HTMLInputElement);
  const query = find(form, "[data-batch-query]", HTMLInputElement);
  const expected = find(form, "[data-expected]", HTMLInputElement);
  const selectAll = () => /** @type {HTMLInputElement | null} */ (document.querySelector("[data-select-all]"));
  const boxes = () =>
    [...form.elements].flatMap((field) => (field instanceof HTMLInputElement && field.name === "codes" ? [field] : []));

  /** Number of all results, or 0 if they cannot be selected together. */
  const countResults = () => {
    const results = document.getElementById("results");
    const total = Number(results?.dataset.total ?? 0);
    return results?.dataset.exact !== undefined && total <= MAX_SELECTED ? total : 0;
  };

  const update = () => {
    const total = boxes().length;
    const results = countResults();
    const ticked = boxes().filter((box) => box.checked).length;
    const hasAll = scope.value !== "";
    const count = hasAll ? results : ticked;
    bar.hidden = count === 0;
    find(bar, "[data-count]").textContent = formatNumber(count);
    const noun = ngettext("one session", "%(count)s sessions", count);
    for (const place of form.querySelectorAll("[data-count-text]")) place.textContent = noun;
    everything.hidden = hasAll || ticked < total || results <= total;
    everything.textContent = gettext("Select all %(count)s", { count: formatNumber(results) });
    document.body.classList.toggle("selecting", count > 0);
    const all = selectAll();
    if (!all) return;
    all.checked = count > 0 && ticked === total;
    all.indeterminate = ticked > 0 && ticked < total;
  };
  /** @param {boolean} hasAll */
  const setScope = (hasAll) => {
    scope.value = hasAll ? "results" : "";
    query.value = hasAll ? (document.getElementById("results")?.dataset.query ?? "") : "";
    expected.value = hasAll ? String(countResults()) : "";
  };
  /** @param {boolean} isChecked */
  const setAll = (isChecked) => {
    for (const box of boxes()) box.checked = isChecked;
    setScope(false);
    update();
  };
  // The browser would press the first button of the form, whose action is another one: it downloads, or restores.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    /** @type {HTMLButtonElement | null | undefined} */
    const button = event.target.closest("dialog")?.querySelector("button[type=submit]");
    button?.click();
  });
  /** The box that was clicked last. @type {EventTarget | null} */
  let anchor = null;
  document.addEventListener("click", (event) => {
    const all = boxes();
    const [from, to] = [anchor, event.target].map((box) => all.indexOf(/** @type {HTMLInputElement} */ (box)));
    if (to === undefined || to < 0) return;
    const { checked } = /** @type {HTMLInputElement} */ (event.target);
    if (event.shiftKey && from !== undefined && from >= 0)
      for (const box of all.slice(Math.min(from, to), Math.max(from, to) + 1)) box.checked = checked;
    anchor = event.target;
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement)) return;
    if (field === selectAll()) setAll(field.checked);
    else if (field.form === form && field.name === "codes") {
      setScope(false);
      update();
    }
  });
  everything.addEventListener("click", () => {
    setScope(true);
    update();
    find(bar, "[data-select-none]").focus();
  });
  find(form, "[data-select-none]").addEventListener("click", () => setAll(false));
  setScope(false);
  const first = selectAll();
  // The user was faster than the script.
  if (first?.checked && !boxes().some((box) => box.checked)) setAll(true);
  else update();
  window.addEventListener("pageshow", update); // a browser restores the boxes when the user goes back
  /** Show the selection in new results, where nothing is selected yet. */
  const reset = () => {
    setScope(false);
    update();
  };
  return { reset };
}
