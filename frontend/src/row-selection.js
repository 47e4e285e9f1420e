// Rows of a table with a check box each, and a bar for actions on the selected ones.

import { find } from "./dom.js";
import { formatNumber } from "./i18n.js";

/**
 * @param {HTMLElement} root contains the table and the bar
 * @param {{name: string, onChange?: (count: number, total: number) => void}} options name: of the check boxes
 */
export function connectRowSelection(root, { name, onChange = () => {} }) {
  const selectAll = find(root, "[data-select-all]", HTMLInputElement);
  const bar = find(root, "[data-batch]");
  const boxes = () => [...root.querySelectorAll("input")].filter((input) => input.name === name);
  const values = () => boxes().flatMap((box) => (box.checked ? [box.value] : []));

  const update = () => {
    const count = values().length;
    const total = boxes().length;
    bar.hidden = count === 0;
    find(bar, "[data-count]").textContent = formatNumber(count);
    selectAll.checked = count > 0 && count === total;
    selectAll.indeterminate = count > 0 && count < total;
    onChange(count, total);
  };
  /** @param {boolean} isChecked */
  const setAll = (isChecked) => {
    for (const box of boxes()) box.checked = isChecked;
    update();
  };
  const clear = () => setAll(false);

  root.addEventListener("change", (event) => (event.target === selectAll ? setAll(selectAll.checked) : update()));
  find(root, "[data-select-none]").addEventListener("click", clear);
  window.addEventListener("pageshow", update); // a browser restores the boxes when the user goes back
  return { update, values, clear };
}
