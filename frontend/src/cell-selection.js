// Check boxes of rows and columns of the progress matrix: each selects the cells in it.

/**
 * Connect the check boxes of rows and columns in a matrix with those of its cells.
 * @param {HTMLTableElement} table
 */
export function connectCellSelection(table) {
  const groups = [
    ...Array.from(boxesOf(table, "[data-select-row]"), (box) => ({ box, cells: () => cellsOfRow(box) })),
    ...Array.from(boxesOf(table, "[data-select-column]"), (box) => ({ box, cells: () => cellsOfColumn(table, box) })),
  ];
  const update = () => {
    for (const { box, cells } of groups) showState(box, cells());
  };
  for (const { box, cells } of groups) {
    box.addEventListener("change", () => {
      for (const cell of cells()) {
        cell.checked = box.checked;
        if (cell.dataset.shared) checkShared(table, cell);
      }
      update();
    });
  }
  // One file of several languages is the same in each of their rows.
  table.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.dataset.shared) checkShared(table, target);
    update();
  });
  update();
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {NodeListOf<HTMLInputElement>}
 */
function boxesOf(root, selector) {
  return root.querySelectorAll(selector);
}

/**
 * @param {HTMLTableElement} table
 * @param {HTMLInputElement} changed
 */
function checkShared(table, changed) {
  for (const box of boxesOf(table, "[data-shared]")) {
    if (box.dataset.shared === changed.dataset.shared) box.checked = changed.checked;
  }
}

/** @param {HTMLInputElement} box */
function cellsOfRow(box) {
  const row = box.closest("tr");
  return row ? Array.from(boxesOf(row, '[name="cell"]')) : [];
}

/**
 * @param {HTMLTableElement} table
 * @param {HTMLInputElement} box
 */
function cellsOfColumn(table, box) {
  const index = box.closest("th")?.cellIndex ?? -1;
  return Array.from(table.tBodies).flatMap((body) =>
    Array.from(body.rows).flatMap((row) => Array.from(boxesOf(row.cells[index] ?? row, '[name="cell"]'))),
  );
}

/**
 * @param {HTMLInputElement} box
 * @param {HTMLInputElement[]} cells
 */
function showState(box, cells) {
  const count = cells.filter((cell) => cell.checked).length;
  box.disabled = cells.length === 0;
  box.checked = count > 0 && count === cells.length;
  box.indeterminate = count > 0 && count < cells.length;
}
