import assert from "node:assert/strict";
import { test } from "node:test";
import { countStates, filterRows, groupByFolder, limitGroups, listChanges } from "../src/change-list.js";
import { EMPTY_PREVIEW, placeFiles } from "../src/placements.js";

/**
 * @param {Record<string, {change: any, size: number}>} files
 * @param {string[]} [removed]
 */
function listRows(files, removed = []) {
  const preview = {
    ...EMPTY_PREVIEW,
    files: Object.entries(files).map(([path, { change }]) => ({
      ...{ source: path, path, category: "audio", label: "Audio", language: "" },
      ...{ change, previous_size: null, candidates: [], role: "", labeled_by: "recognizer" },
    })),
    refused: [{ path: "bad:.wav", code: "path_colon", message: "It contains a colon." }],
    removed: removed.map((path) => ({ path, size: 7, category: "audio", label: "Audio", language: "" })),
  };
  const chosen = Object.entries({ ...files, "bad:.wav": { size: 1 } }).map(([path, { size }]) => ({
    file: new File(["x".repeat(size)], path),
    path,
  }));
  const skipped = { file: new File([], ".DS_Store"), path: ".DS_Store" };
  return listChanges(placeFiles([...chosen, skipped], preview), preview);
}

const ROWS = listRows(
  {
    "audio/hi.wav": { change: "changed", size: 3 },
    "audio/es.wav": { change: "unchanged", size: 4 },
    "talk.mp4": { change: "unchanged", size: 5 },
    "texts/hi.srt": { change: "new", size: 2 },
  },
  ["audio/old.wav"],
);

test("rows are sorted by folder and path, refused files first, removed ones in their folder", () => {
  assert.deepEqual(
    ROWS.map(({ path }) => path),
    ["bad:.wav", "talk.mp4", "audio/es.wav", "audio/hi.wav", "audio/old.wav", "texts/hi.srt"],
  );
});

test("files and bytes are counted by state", () => {
  assert.deepEqual(countStates(ROWS), [
    { state: "refused", count: 1, size: 1 },
    { state: "new", count: 1, size: 2 },
    { state: "changed", count: 1, size: 3 },
    { state: "unchanged", count: 2, size: 9 },
    { state: "removed", count: 1, size: 7 },
  ]);
});

test("rows are filtered by state and by words in any order, whatever their case", () => {
  /** @param {any} filter */
  const paths = (filter) => filterRows(ROWS, filter).map(({ path }) => path);
  assert.deepEqual(paths({ state: "unchanged", text: "" }), ["talk.mp4", "audio/es.wav"]);
  assert.deepEqual(paths({ state: "", text: "HI aud" }), ["audio/hi.wav"]);
  assert.deepEqual(paths({ state: "new", text: "audio" }), []);
});

test("the first 50 files of each folder are shown, and none of a folded one", () => {
  const rows = listRows(
    Object.fromEntries(
      Array.from({ length: 600 }, (_, number) => [
        `${number < 400 ? "a" : "b"}/${String(number).padStart(3, "0")}.wav`,
        { change: number < 400 ? "unchanged" : "changed", size: 1 },
      ]),
    ),
  );
  const groups = groupByFolder(rows);
  assert.deepEqual(
    groups.map(({ folder, rows: { length } }) => [folder, length]),
    [
      ["", 1],
      ["a/", 400],
      ["b/", 200],
    ],
  );
  /** @param {any} options */
  const shown = (options) =>
    limitGroups(groups, { isFolded: () => undefined, limitOf: () => 50, total: 400, ...options }).map(
      (each) => each.shown,
    );
  assert.deepEqual(shown({}), [1, 50, 50]);
  assert.deepEqual(
    shown({ isFolded: (/** @type {any} */ { folder }) => (folder === "a/" ? true : undefined) }),
    [1, 0, 50],
  );
  assert.deepEqual(shown({ total: 51 }), [1, 50, 0]);
  assert.deepEqual(shown({ total: 51, isFolded: () => false }), [1, 50, 50]);
});
