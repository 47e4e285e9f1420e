// Table of the chosen files: where each will go, and later its progress.
import { create, find } from "./dom.js";
import { formatBytes, formatFileCount, showInvisible } from "./format.js";
import { nameLanguages } from "./languages.js";

/** @import { PlacedFile } from "./placements.js" */
/** @import { ChosenFile, UploadItem } from "./upload/upload-item.js" */

const MAX_ROWS = 400;
const SVG = "http://www.w3.org/2000/svg";
const BADGES = {
  waiting: { className: "badge", text: "Waiting" },
  stored: { className: "badge good", text: "Already stored" },
  uploaded: { className: "badge good", text: "Uploaded" },
  failed: { className: "badge bad", text: "Failed" },
};

export class PlacementTable {
  /** @type {Map<string, HTMLTableRowElement>} by path */
  #rows = new Map();
  /** @type {Set<UploadItem>} */
  #changed = new Set();
  #root;
  #body;
  #onRemove;

  /**
   * @param {HTMLElement} root
   * @param {{onRemove: (path: string) => void}} options
   */
  constructor(root, { onRemove }) {
    this.#root = root;
    this.#body = find(root, "tbody", HTMLTableSectionElement);
    this.#onRemove = onRemove;
  }

  /** @param {PlacedFile[]} placed */
  show(placed) {
    this.#rows.clear();
    this.#body.replaceChildren();
    for (const each of placed.slice(0, MAX_ROWS)) {
      const row = this.#createRow(each);
      this.#rows.set(each.file.path, row);
      this.#body.append(row);
    }
    const hiddenCount = Math.max(0, placed.length - MAX_ROWS);
    const more = find(this.#root, "[data-more]");
    more.hidden = hiddenCount === 0;
    more.textContent = `… and ${formatFileCount(hiddenCount)} more.`;
    nameLanguages(this.#body);
  }

  /** Remove the buttons that leave out files, during an upload. @param {ChosenFile[]} files those that are uploaded */
  lock(files) {
    const uploaded = new Set(files.map((file) => file.path));
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
    if (item.state === "hashing") showProgress(cell, "Reading", item, item.hashedBytes);
    else if (item.state === "uploading") showProgress(cell, "Uploading", item, item.sentBytes);
    else cell.replaceChildren(createBadge(item.state));
    if (item.state !== "failed") return;
    cell.append(this.#createRemoveButton(item.path));
    find(row, ".target").append(create("span", "reason bad-text", item.error));
  }

  /** @param {PlacedFile} placed */
  #createRow(placed) {
    const { file, path } = placed.file;
    const language = create("td", "lang");
    if (placed.placement?.language) {
      const tag = create("span", "tag", placed.placement.language);
      tag.dataset.language = placed.placement.language;
      language.append(tag);
    }
    const size = create("td", "number size", formatBytes(file.size));
    const state = create("td", "state");
    state.append(this.#createRemoveButton(path));
    const row = create("tr");
    row.append(
      createTickCell(placed),
      createNameCell(path, file.size === 0),
      createTargetCell(placed),
      language,
      size,
      state,
    );
    return row;
  }

  /** @param {string} path */
  #createRemoveButton(path) {
    const button = create("button", "icon-button", "×");
    button.type = "button";
    button.setAttribute("aria-label", `Leave out ${showInvisible(path)}`);
    button.addEventListener("click", () => this.#onRemove(path));
    return button;
  }
}

/** @param {PlacedFile} placed */
function createTickCell({ file, placement, isMetadata }) {
  const cell = create("td", "tick");
  if (!placement || isMetadata) return cell;
  const box = create("input");
  box.type = "checkbox";
  box.name = "paths";
  box.value = file.path;
  box.setAttribute("aria-label", `Select ${showInvisible(file.path)}`);
  cell.append(box);
  return cell;
}

/** @param {PlacedFile} placed */
function createTargetCell({ placement, refusal, isMetadata, isCorrected }) {
  const cell = create("td", "target");
  if (refusal) cell.append(create("span", "bad-text", refusal.message));
  else if (isMetadata) cell.append(create("span", "muted", "Read for its languages, texts and voices"));
  else if (!placement) cell.append(create("span", "muted", "Left out: a system file"));
  else {
    const line = create("span", "target-line");
    line.append(createSwatch(placement.category), create("span", "", placement.label));
    if (isCorrected || placement.labeled_by === "person") line.append(create("span", "badge", "Corrected"));
    cell.append(line);
    if (!placement.source.endsWith(placement.path))
      cell.append(create("span", "target-path wrap", showInvisible(placement.path)));
  }
  return cell;
}

/**
 * @param {string} path
 * @param {boolean} isEmpty
 */
function createNameCell(path, isEmpty) {
  const cell = create("td", "file wrap");
  const start = path.lastIndexOf("/") + 1;
  if (start) cell.append(create("span", "folder", showInvisible(path.slice(0, start))));
  cell.append(showInvisible(path.slice(start)));
  if (isEmpty) cell.append(" ", create("span", "badge warn", "Empty"));
  return cell;
}

/** @param {string} category */
function createSwatch(category) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("viewBox", "0 0 10 10");
  svg.setAttribute("aria-hidden", "true");
  const square = document.createElementNS(SVG, "rect");
  square.setAttribute("class", `fill-${category}`);
  square.setAttribute("width", "10");
  square.setAttribute("height", "10");
  square.setAttribute("rx", "3");
  svg.append(square);
  return svg;
}

/** @param {keyof typeof BADGES} state */
function createBadge(state) {
  const { className, text } = BADGES[state];
  return create("span", className, text);
}

/**
 * @param {HTMLElement} cell
 * @param {string} label
 * @param {UploadItem} item
 * @param {number} done bytes
 */
function showProgress(cell, label, item, done) {
  let bar = cell.querySelector("progress");
  if (!bar || bar.dataset.state !== item.state) {
    bar = create("progress", "slim");
    bar.dataset.state = item.state;
    bar.setAttribute("aria-label", `${label} ${showInvisible(item.path)}`);
    cell.replaceChildren(create("span", "state-label", label), bar);
  }
  bar.max = item.size || 1;
  bar.value = done;
}
