// Chosen files and what a save would change, as rows that can be counted, filtered and grouped by folder.
import { sum } from "./format.js";

/** @import { PlacedFile, PlacementPreview, RemovedFile } from "./placements.js" */

/**
 * refused: cannot be saved. unread: is being compared. metadata: the session's metadata.json.
 * @typedef {"refused" | "new" | "changed" | "relabeled" | "unread" | "unchanged" | "removed" | "metadata"} RowState
 */

/**
 * @typedef {object} ChangeRow
 * @property {string} path as chosen; of removed files that in the session
 * @property {string} folder in the session
 * @property {RowState} state
 * @property {number} size
 * @property {PlacedFile} [placed]
 * @property {RemovedFile} [removed]
 */

/** @typedef {{state: RowState, count: number, size: number}} StateCount */
/** @typedef {{folder: string, rows: ChangeRow[]}} FolderGroup */

/** @type {RowState[]} in the order in which they are shown */
const STATES = ["refused", "new", "changed", "relabeled", "unread", "unchanged", "removed", "metadata"];

/**
 * @param {PlacedFile[]} placed
 * @param {PlacementPreview} preview
 * @returns {ChangeRow[]} sorted by folder and path, refused files first; without those that are left out by their names
 */
export function listChanges(placed, preview) {
  const saved = placed.filter(({ placement, refusal, isMetadata }) => placement || refusal || isMetadata);
  const chosen = saved.map((each) => {
    const path = each.file.path;
    return {
      path,
      folder: folderOf(each.placement?.path ?? path),
      state: stateOf(each),
      size: each.file.file.size,
      placed: each,
    };
  });
  const removed = preview.removed.map((file) => ({
    path: file.path,
    folder: folderOf(file.path),
    state: /** @type {RowState} */ ("removed"),
    size: file.size,
    removed: file,
  }));
  return [...chosen, ...removed].sort(
    (a, b) =>
      Number(a.state !== "refused") - Number(b.state !== "refused") ||
      a.folder.localeCompare(b.folder) ||
      a.path.localeCompare(b.path),
  );
}

/** @param {PlacedFile} placed @returns {RowState} */
function stateOf({ placement, refusal, isMetadata }) {
  if (refusal) return "refused";
  if (isMetadata) return "metadata";
  return placement?.change ?? "new";
}

/** @param {string} path */
const folderOf = (path) => path.slice(0, path.lastIndexOf("/") + 1);

/**
 * Count files and bytes of each state that occurs.
 * @param {ChangeRow[]} rows
 * @returns {StateCount[]}
 */
export function countStates(rows) {
  return STATES.map((state) => {
    const sizes = rows.filter((row) => row.state === state).map((row) => row.size);
    return { state, count: sizes.length, size: sum(sizes) };
  }).filter(({ count }) => count > 0);
}

/**
 * @param {ChangeRow[]} rows
 * @param {{state: RowState | "", text: string}} filter text: parts of the path that must all occur
 */
export function filterRows(rows, { state, text }) {
  const words = fold(text).split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const path = fold(`${row.path} ${row.placed?.placement?.path ?? ""}`);
    return (!state || row.state === state) && words.every((word) => path.includes(word));
  });
}

/** @param {string} text */
const fold = (text) => text.normalize("NFC").toLowerCase();

/**
 * Group neighboring rows by folder.
 * @param {ChangeRow[]} rows
 * @returns {FolderGroup[]}
 */
export function groupByFolder(rows) {
  /** @type {FolderGroup[]} */
  const groups = [];
  for (const row of rows) {
    const folder = row.state === "refused" ? "" : row.folder;
    const last = groups.at(-1);
    const continues = last?.folder === folder && (last.rows[0]?.state === "refused") === (row.state === "refused");
    if (last && continues) last.rows.push(row);
    else groups.push({ folder, rows: [row] });
  }
  return groups;
}

/**
 * Return how many rows of each group are shown. Groups are folded once `total` rows are shown, except where the user unfolds one.
 * @param {FolderGroup[]} groups
 * @param {object} options
 * @param {(group: FolderGroup) => boolean | undefined} options.isFolded undefined: neither the user nor a rule decides
 * @param {(group: FolderGroup) => number} options.limitOf rows of a group
 * @param {number} options.total
 */
export function limitGroups(groups, { isFolded, limitOf, total }) {
  let left = total;
  return groups.map((group) => {
    const isClosed = isFolded(group) ?? left <= 0;
    const shown = isClosed ? 0 : Math.min(group.rows.length, limitOf(group));
    left -= shown;
    return { group, shown, isFolded: isClosed };
  });
}
