// Table of the chosen files by folder: where each will go, what a save would change, and later its progress.

import { countStates, filterRows, groupByFolder, limitGroups } from "./change-list.js";
import { create, find, refsOf } from "./dom.js";
import { formatBytes, formatFileCount, sum } from "./format.js";
import { formatNumber, gettext, ngettext } from "./i18n.js";
import { nameLanguages } from "./languages.js";
import {
  countState,
  createBadge,
  createGroupRow,
  createMoreRow,
  createNameCell,
  createRemoveButton,
  createTargetCell,
  createTargetSelect,
  createTickCell,
  showProgress,
} from "./placement-cells.js";

/** @import { ChangeRow, FolderGroup, RowState } from "./change-list.js" */
/** @import { ChosenFile, UploadItem } from "./upload/upload-item.js" */

const ROWS_AT_FIRST = 50; // of each folder
const MORE_ROWS = 200;
const MAX_ROWS = 400; // of folders that the user has not unfolded
const MAX_FOLDERS = 500;

export class PlacementTable {
  /** @type {Map<string, HTMLTableRowElement>} by path */
  #rows = new Map();
  /** @type {Set<UploadItem>} */
  #changed = new Set();
  /** @type {Map<string, UploadItem>} items of an upload by path */
  #items = new Map();
  /** @type {ChangeRow[]} */
  #all = [];
  /** @type {{state: RowState | "", text: string}} */
  #filter = { state: "", text: "" };
  /** @type {Map<string, boolean>} folders that the user has folded or unfolded */
  #folded = new Map();
  /** @type {Map<string, number>} rows that are shown, of folders with more than at first */
  #limits = new Map();
  #isLocked = false;
  #hasChanges = false;
  #table;
  #ref;
  #onRemove;
  #onTarget;
  #onRender;

  /**
   * @param {HTMLElement} root
   * @param {object} options
   * @param {(path: string) => void} options.onRemove a file is left out
   * @param {(path: string, target: string) => void} options.onTarget the user has chosen what a file replaces
   * @param {() => void} options.onRender the rows were drawn again
   */
  constructor(root, { onRemove, onTarget, onRender }) {
    this.#ref = refsOf(root);
    this.#table = find(root, "table", HTMLTableElement);
    this.#onRemove = onRemove;
    this.#onTarget = onTarget;
    this.#onRender = onRender;
    const search = this.#ref("search", HTMLInputElement);
    search.addEventListener("input", () => {
      this.#filter.text = search.value;
      this.#restart();
    });
  }

  /**
   * @param {ChangeRow[]} rows
   * @param {{hasChanges: boolean}} options hasChanges: the session has files already, which are compared
   */
  show(rows, { hasChanges }) {
    this.#all = rows;
    this.#hasChanges = hasChanges;
    this.#isLocked = false;
    this.#items.clear();
    if (!rows.some((row) => row.state === this.#filter.state)) this.#filter.state = "";
    this.#ref("tools").hidden = rows.length <= 1 && !hasChanges;
    this.#ref("search").hidden = rows.length <= 1;
    this.#render();
  }

  /** Show the first rows of another filter. */
  #restart() {
    this.#limits.clear();
    this.#render();
  }

  #render() {
    const rows = filterRows(this.#all, this.#filter);
    const groups = groupByFolder(rows);
    const limited = limitGroups(groups.slice(0, MAX_FOLDERS), {
      isFolded: (group) => this.#isFolded(group),
      limitOf: (group) => this.#limits.get(group.folder) ?? ROWS_AT_FIRST,
      total: MAX_ROWS,
    });
    const focused = this.#table.contains(document.activeElement) ? labelOf(document.activeElement) : "";
    const ticked = new Set(this.#tickBoxes().flatMap((box) => (box.checked ? [box.value] : [])));
    this.#rows.clear();
    for (const body of [...this.#table.tBodies]) body.remove();
    for (const { group, shown, isFolded } of limited) {
      const body = create("tbody");
      if (groups.length > 1) body.append(createGroupRow(group, isFolded, () => this.#fold(group, !isFolded)));
      for (const row of group.rows.slice(0, shown)) body.append(this.#createRow(row));
      if (!isFolded && shown < group.rows.length)
        body.append(createMoreRow(group, shown, () => this.#showMore(group, shown)));
      this.#table.append(body);
    }
    const shown = sum(limited.map((each) => each.shown));
    const rest = groups.length - limited.length;
    this.#ref("shown").hidden = shown === this.#all.length;
    this.#ref("shown").textContent = describeShown(shown, this.#all.length, rest);
    this.#showStates();
    nameLanguages(this.#table);
    for (const box of this.#tickBoxes()) box.checked = ticked.has(box.value);
    if (focused) this.#focus(focused);
    this.#onRender();
  }

  /** @returns {HTMLInputElement[]} */
  #tickBoxes() {
    return [...this.#table.querySelectorAll("tbody input")].filter((box) => box instanceof HTMLInputElement);
  }

  /** Return the focus to the control that was drawn again. @param {string} label */
  #focus(label) {
    /** @type {NodeListOf<HTMLElement>} */
    const controls = this.#table.querySelectorAll("tbody button, tbody select");
    [...controls].find((control) => labelOf(control) === label)?.focus({ preventScroll: true });
  }

  #showStates() {
    const chips = countStates(this.#all).map(({ state, count, size }) => {
      const chip = create("button", "chip", countState(state, count));
      chip.type = "button";
      chip.dataset.state = state;
      chip.append(" ", create("span", "muted", formatBytes(size)));
      chip.setAttribute("aria-pressed", String(this.#filter.state === state));
      chip.addEventListener("click", () => {
        this.#filter.state = this.#filter.state === state ? "" : state;
        this.#restart();
        find(this.#ref("states"), `[data-state="${state}"]`).focus();
      });
      return chip;
    });
    this.#ref("states").replaceChildren(...chips);
  }

  /** In long lists, folders in which nothing changes are folded. @param {FolderGroup} group */
  #isFolded(group) {
    const choice = this.#folded.get(group.folder);
    if (choice !== undefined) return choice;
    if (this.#filter.state || this.#filter.text.trim() || this.#all.length <= ROWS_AT_FIRST) return undefined;
    return group.rows.every((row) => row.state === "unchanged") || undefined;
  }

  /**
   * @param {FolderGroup} group
   * @param {boolean} isFolded
   */
  #fold(group, isFolded) {
    this.#folded.set(group.folder, isFolded);
    this.#render();
  }

  /**
   * @param {FolderGroup} group
   * @param {number} shown
   */
  #showMore(group, shown) {
    this.#limits.set(group.folder, shown + MORE_ROWS);
    this.#render();
  }

  /** Remove the buttons that leave out files, during an upload. @param {ChosenFile[]} files those that are uploaded */
  lock(files) {
    const uploaded = new Set(files.map((file) => file.path));
    this.#isLocked = true;
    for (const select of this.#table.querySelectorAll("select")) select.disabled = true;
    for (const [path, row] of this.#rows) {
      const cell = find(row, ".state");
      if (!uploaded.has(path)) cell.replaceChildren();
      else if (cell.querySelector("button")) cell.replaceChildren(createBadge("waiting"));
      row.querySelector(".tick input")?.remove(); // the labels are sent with the files
    }
  }

  /**
   * Draw an item's state, at most once per frame.
   * @param {UploadItem} item
   */
  update(item) {
    if (this.#changed.size === 0) requestAnimationFrame(() => this.#draw());
    this.#changed.add(item);
  }

  #draw() {
    for (const item of this.#changed) {
      this.#items.set(item.path, item);
      const row = this.#rows.get(item.path);
      if (row) this.#drawState(row, item);
    }
    this.#changed.clear();
  }

  /**
   * @param {HTMLTableRowElement} row
   * @param {UploadItem} item
   */
  #drawState(row, item) {
    const cell = find(row, ".state");
    row.querySelector(".reason")?.remove();
    if (item.state === "hashing" || item.state === "uploading") showProgress(cell, item);
    else cell.replaceChildren(createBadge(item.state));
    if (item.state !== "failed") return;
    cell.append(createRemoveButton(item.path, this.#onRemove));
    find(row, ".target").append(create("span", "reason bad-text", item.error));
  }

  /** @param {ChangeRow} row */
  #createRow(row) {
    const { placed, removed, path } = row;
    const language = create("td", "lang");
    const tagged = placed?.placement?.language || removed?.language;
    if (tagged) {
      const tag = create("span", "tag", tagged);
      tag.dataset.language = tagged;
      language.append(tag);
    }
    const size = create("td", "number size", formatBytes(row.size));
    const previous = placed?.placement?.previous_size;
    if (row.state === "changed" && previous != null)
      size.title = gettext("Before: %(size)s", { size: formatBytes(previous) });
    const element = create("tr");
    element.dataset.state = row.state;
    const state = create("td", "state");
    element.append(
      createTickCell(placed),
      createNameCell(path, row.size === 0),
      createTargetCell(row, this.#hasChanges),
      language,
      size,
      state,
    );
    if (!placed) return element;
    if (this.#isLocked) element.querySelector(".tick input")?.remove();
    if (placed.placement?.candidates.length) {
      const select = createTargetSelect(path, placed.placement, (target) => this.#onTarget(path, target));
      select.disabled = this.#isLocked;
      find(element, ".target").append(select);
    }
    this.#rows.set(path, element);
    const item = this.#items.get(path);
    if (item) this.#drawState(element, item);
    else if (!this.#isLocked) state.append(createRemoveButton(path, this.#onRemove));
    return element;
  }
}

/**
 * @param {number} shown files
 * @param {number} total
 * @param {number} folders that are not shown at all
 */
function describeShown(shown, total, folders) {
  const values = { shown: formatNumber(shown), files: formatFileCount(total) };
  if (!folders) return gettext("Showing %(shown)s of %(files)s.", values);
  return ngettext(
    "Showing %(shown)s of %(files)s, without %(count)s folder: search for it.",
    "Showing %(shown)s of %(files)s, without %(count)s folders: search for them.",
    folders,
    values,
  );
}

/** @param {Element | null} control */
const labelOf = (control) => control?.getAttribute("aria-label") || control?.textContent || "";
