// Cells of the table of chosen files.
import { create } from "./dom.js";
import { showInvisible } from "./format.js";

/** @import { ChangeRow, RowState } from "./change-list.js" */
/** @import { PlacedFile } from "./placements.js" */
/** @import { UploadItem } from "./upload/upload-item.js" */

/** @type {Record<RowState, {className: string, text: string, title: string}>} */
export const STATES = {
  refused: { className: "badge bad", text: "", title: "cannot be saved" },
  new: { className: "badge good", text: "New", title: "new" },
  changed: { className: "badge warn", text: "Changed", title: "changed" },
  relabeled: { className: "badge warn", text: "Relabeled", title: "relabeled" },
  unread: { className: "badge", text: "Comparing", title: "being compared" },
  unchanged: { className: "badge", text: "Unchanged", title: "unchanged" },
  removed: { className: "badge bad", text: "Removed", title: "removed" },
  metadata: { className: "badge", text: "", title: "metadata" },
};
const SVG = "http://www.w3.org/2000/svg";
const BADGES = {
  waiting: { className: "badge", text: "Waiting" },
  stored: { className: "badge good", text: "Already stored" },
  uploaded: { className: "badge good", text: "Uploaded" },
  failed: { className: "badge bad", text: "Failed" },
};

/** @param {PlacedFile | undefined} placed */
export function createTickCell(placed) {
  const cell = create("td", "tick");
  if (!placed?.placement || placed.isMetadata) return cell;
  const { path } = placed.file;
  const box = create("input");
  box.type = "checkbox";
  box.name = "paths";
  box.value = path;
  box.setAttribute("aria-label", `Select ${showInvisible(path)}`);
  cell.append(box);
  return cell;
}

/**
 * @param {ChangeRow} row
 * @param {boolean} hasChanges
 */
export function createTargetCell({ state, placed, removed }, hasChanges) {
  const cell = create("td", "target");
  if (placed?.refusal) cell.append(create("span", "bad-text", placed.refusal.message));
  else if (placed?.isMetadata) cell.append(create("span", "muted", "Read for its languages, texts and voices"));
  else {
    const target = placed?.placement ?? removed;
    if (target) cell.append(createTargetLine(target, hasChanges ? state : null, isCorrected(placed)));
    const placement = placed?.placement;
    if (placement && !placement.candidates.length && !placement.source.endsWith(placement.path))
      cell.append(create("span", "target-path wrap", showInvisible(placement.path)));
  }
  return cell;
}

/** @param {PlacedFile | undefined} placed */
const isCorrected = (placed) => Boolean(placed?.isCorrected || placed?.placement?.labeled_by === "person");

/**
 * @param {{category: string, label: string}} target
 * @param {RowState | null} state null: of a new session's files
 * @param {boolean} hasCorrection
 */
function createTargetLine({ category, label }, state, hasCorrection) {
  const line = create("span", "target-line");
  line.append(createSwatch(category), create("span", "", label));
  const { className, text } = state ? STATES[state] : { className: "", text: "" };
  if (text) line.append(create("span", className, text));
  if (hasCorrection) line.append(create("span", "badge", "Corrected"));
  return line;
}

/**
 * @param {string} path
 * @param {boolean} isEmpty
 */
export function createNameCell(path, isEmpty) {
  const cell = create("td", "file wrap");
  const start = path.lastIndexOf("/") + 1;
  if (start) {
    const folder = create("span", "folder");
    for (const part of path.slice(0, start - 1).split("/")) folder.append(`${showInvisible(part)}/`, create("wbr"));
    cell.append(folder);
  }
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
export function createBadge(state) {
  const { className, text } = BADGES[state];
  return create("span", className, text);
}

/**
 * @param {HTMLElement} cell
 * @param {string} label
 * @param {UploadItem} item
 * @param {number} done bytes
 */
export function showProgress(cell, label, item, done) {
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
