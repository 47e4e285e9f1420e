// The list of sessions: select several for export or deletion.
import { find } from "../dom.js";

const form = document.getElementById("batch");
if (form) connect(form);

/** @param {HTMLElement} root */
function connect(root) {
  /** @type {HTMLInputElement[]} */
  const boxes = [...root.querySelectorAll("input")].filter((input) => input.name === "codes");
  const selectAll = find(root, "[data-select-all]", HTMLInputElement);
  const bar = find(root, "[data-batch]");

  const update = () => {
    const count = boxes.filter((box) => box.checked).length;
    bar.hidden = count === 0;
    find(bar, "[data-count]").textContent = String(count);
    find(root, "[data-count-text]").textContent = count === 1 ? "one session" : `${count} sessions`;
    selectAll.checked = count === boxes.length;
    selectAll.indeterminate = count > 0 && count < boxes.length;
  };
  /** @param {boolean} isChecked */
  const setAll = (isChecked) => {
    for (const box of boxes) box.checked = isChecked;
    update();
  };

  root.addEventListener("change", (event) => (event.target === selectAll ? setAll(selectAll.checked) : update()));
  find(root, "[data-select-none]").addEventListener("click", () => setAll(false));
  window.addEventListener("pageshow", update); // a browser restores the boxes when the user goes back
}
