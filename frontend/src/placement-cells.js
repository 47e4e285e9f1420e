// Cells, rows and controls of the table of chosen files.

import { countStates } from "./change-list.js";
import { create } from "./dom.js";
import { formatBytes, formatFileCount, showInvisible, sum } from "./format.js";
import { formatNumber, gettext, ngettext } from "./i18n.js";

/** @import { ChangeRow, FolderGroup, RowState } from "./change-list.js" */
/** @import { PlacedFile, Placement } from "./placements.js" */
/** @import { UploadItem } from "./upload/upload-item.js" */

/** @type {Record<RowState, {className: string, text: string}>} */
export const STATES = {
  refused: { className: "badge bad", text: "" },
  new: { className: "badge good", text: gettext("New") },
  changed: { className: "badge warn", text: gettext("Changed") },
  relabeled: { className: "badge warn", text: gettext("Relabeled") },
  unread: { className: "badge", text: gettext("Comparing") },
  unchanged: { className: "badge", text: gettext("Unchanged") },
  removed: { className: "badge bad", text: gettext("Removed") },
  metadata: { className: "badge", text: "" },
};

/**
 * Return how many files have a state.
 * @param {RowState} state
 * @param {number} number
 */
export function countState(state, number) {
  const values = { count: formatNumber(number) };
  switch (state) {
    case "refused":
      return ngettext("%(count)s cannot be saved", "%(count)s cannot be saved", number);
    case "new":
      return gettext("%(count)s new", values);
    case "changed":
      return gettext("%(count)s changed", values);
    case "relabeled":
      return gettext("%(count)s relabeled", values);
    case "unread":
      return ngettext("%(count)s being compared", "%(count)s being compared", number);
    case "unchanged":
      return gettext("%(count)s unchanged", values);
    case "removed":
      return gettext("%(count)s removed", values);
    case "metadata":
      return gettext("%(count)s metadata", values);
  }
}

const COLUMNS = 6;
const SVG = "http://www.w3.org/2000/svg";
const BADGES = {
  waiting: { className: "badge", text: gettext("Waiting") },
  stored: { className: "badge good", text: gettext("Already stored") },
  uploaded: { className: "badge good", text: gettext("Uploaded") },
  failed: { className: "badge bad", text: gettext("Failed") },
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
  box.setAttribute("aria-label", gettext("Select %(path)s", { path: showInvisible(path) }));
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
  else if (placed?.isMetadata)
    cell.append(create("span", "muted", gettext("Read for its languages, texts and voices")));
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
  if (hasCorrection) line.append(create("span", "badge", gettext("Corrected")));
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
  if (isEmpty) cell.append(" ", create("span", "badge warn", gettext("Empty")));
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
 * Show that a file is being read or uploaded.
 * @param {HTMLElement} cell
 * @param {UploadItem} item
 */
export function showProgress(cell, item) {
  const path = showInvisible(item.path);
  const isRead = item.state === "hashing";
  const label = isRead ? gettext("Reading") : gettext("Uploading");
  const name = isRead ? gettext("Reading %(path)s", { path }) : gettext("Uploading %(path)s", { path });
  let bar = cell.querySelector("progress");
  if (!bar || bar.dataset.state !== item.state) {
    bar = create("progress", "slim");
    bar.dataset.state = item.state;
    bar.setAttribute("aria-label", name);
    cell.replaceChildren(create("span", "state-label", label), bar);
  }
  bar.max = item.size || 1;
  bar.value = isRead ? item.hashedBytes : item.sentBytes;
}

/**
 * @param {FolderGroup} group
 * @param {boolean} isFolded
 * @param {() => void} onToggle
 */
export function createGroupRow(group, isFolded, onToggle) {
  const isRefused = group.rows[0]?.state === "refused";
  const name = isRefused
    ? gettext("Cannot be saved")
    : showInvisible(group.folder) || gettext("Files without a folder");
  const button = create("button", "fold-button wrap", name);
  button.type = "button";
  button.setAttribute("aria-expanded", String(!isFolded));
  button.addEventListener("click", onToggle);
  const cell = create("th", "group");
  cell.colSpan = COLUMNS;
  cell.scope = "rowgroup";
  cell.append(button, create("span", "muted", describeGroup(group)));
  const row = create("tr", "group-row");
  row.append(cell);
  return row;
}

/** @param {FolderGroup} group */
function describeGroup({ rows }) {
  const size = formatBytes(sum(rows.map((row) => row.size)));
  const states = countStates(rows).map(({ state, count }) => countState(state, count));
  return `${formatFileCount(rows.length)}, ${size}: ${states.join(", ")}`;
}

/**
 * @param {FolderGroup} group
 * @param {number} shown rows
 * @param {() => void} onMore
 */
export function createMoreRow({ folder, rows }, shown, onMore) {
  const button = create("button", "link-button", gettext("Show more"));
  button.type = "button";
  const name = showInvisible(folder);
  button.setAttribute(
    "aria-label",
    name ? gettext("Show more of %(folder)s", { folder: name }) : gettext("Show more of the files"),
  );
  button.addEventListener("click", onMore);
  const cell = create("td", "more");
  cell.colSpan = COLUMNS;
  const numbers = { shown: formatNumber(shown), total: formatNumber(rows.length) };
  cell.append(create("span", "muted", gettext("Showing %(shown)s of %(total)s.", numbers)), " ", button);
  const row = create("tr", "group-row");
  row.append(cell);
  return row;
}

/**
 * Return the choice of what a file without a folder replaces.
 * @param {string} path
 * @param {Placement} placement
 * @param {(target: string) => void} onTarget
 */
export function createTargetSelect(path, placement, onTarget) {
  const select = create("select", "target-select");
  select.setAttribute("aria-label", gettext("What %(path)s replaces", { path: showInvisible(path) }));
  const paths = new Set([placement.source, placement.path, ...placement.candidates]);
  for (const target of paths) {
    const isNew = target === placement.source;
    const text = isNew ? gettext("Add as a new file") : gettext("Replace %(path)s", { path: showInvisible(target) });
    const option = create("option", "", text);
    option.value = target;
    select.append(option);
  }
  select.value = placement.path;
  select.addEventListener("change", () => onTarget(select.value));
  return select;
}

/**
 * @param {string} path
 * @param {(path: string) => void} onRemove
 */
export function createRemoveButton(path, onRemove) {
  const button = create("button", "icon-button", "×");
  button.type = "button";
  button.setAttribute("aria-label", gettext("Leave out %(path)s", { path: showInvisible(path) }));
  button.addEventListener("click", () => onRemove(path));
  return button;
}
