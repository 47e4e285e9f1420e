import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptedFiles, describeRefused, placeFiles } from "../src/placements.js";

/** @param {string} path */
const choose = (path) => ({ file: new File([], "file"), path });

/** @param {string} source */
const place = (source) => ({
  source,
  path: `audio/${source}`,
  category: "audio",
  label: "Audio",
  language: "hi",
  role: "",
  labeled_by: "recognizer",
  change: null,
  previous_size: null,
  candidates: [],
});

test("files get their placements, refused ones come first, and the others are sorted by path", () => {
  const preview = {
    files: [place("b.wav"), place("a.wav")],
    refused: [{ path: "z.wav", code: "path_duplicate", message: "Two files have this name." }],
    metadata: "metadata.json",
  };
  const paths = ["b.wav", ".DS_Store", "metadata.json", "z.wav", "a.wav"];
  const placed = placeFiles(paths.map(choose), preview);
  assert.deepEqual(
    placed.map(({ file }) => file.path),
    ["z.wav", ".DS_Store", "a.wav", "b.wav", "metadata.json"],
  );
  assert.equal(placed[0]?.refusal?.message, "Two files have this name.");
  assert.equal(placed[2]?.placement?.path, "audio/a.wav");
  assert.equal(placed[4]?.isMetadata, true);
  assert.deepEqual(
    acceptedFiles(placed).map(({ path }) => path),
    ["a.wav", "b.wav", "metadata.json"],
  );
  assert.deepEqual(describeRefused(placed), [{ path: "z.wav", code: "path_duplicate" }]);
});

test("a decomposed name, as macOS has it, matches the composed one of the server", () => {
  const preview = { files: [place("caf\u00e9.wav")], refused: [], metadata: null };
  const [placed] = placeFiles([choose("cafe\u0301.wav")], preview);
  assert.equal(placed?.placement?.source, "caf\u00e9.wav");
});
