import assert from "node:assert/strict";
import { test } from "node:test";
import { knownContents, readContents } from "../src/preview-contents.js";

const MIB = 1024 * 1024;

/**
 * @param {string} path
 * @param {number} size
 */
const choose = (path, size) => ({ path, file: new File([new Uint8Array(size)], path) });

test("requested files are read in order while they fit, and a large metadata.json in addition", async () => {
  const files = [choose("c.json", 10), choose("b.json", MIB), choose("a.json", 10), choose("metadata.json", 3 * MIB)];
  const requested = ["metadata.json", "a.json", "b.json", "c.json", "absent.json"];
  assert.equal(await readContents(files, { requested, metadata: "metadata.json" }), true);
  assert.deepEqual(Object.keys(knownContents(files)), ["c.json", "a.json", "metadata.json"]);
  assert.equal(await readContents(files, { requested: ["b.json"], metadata: "metadata.json" }), false);
  // Its contents show that it is another tool's: the others have their room all the same.
  const more = [...files, choose("d.json", 10)];
  assert.equal(await readContents(more, { requested: ["d.json"], metadata: null }), true);
});

test("of a metadata.json that the API would refuse the start is read", async () => {
  const files = [choose("metadata.json", 5 * MIB)];
  assert.equal(await readContents(files, { requested: ["metadata.json"], metadata: "metadata.json" }), true);
  assert.equal(atob(knownContents(files)["metadata.json"] ?? "").length, 4 * MIB);
});
