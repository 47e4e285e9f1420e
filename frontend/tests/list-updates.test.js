import assert from "node:assert/strict";
import { test } from "node:test";
import { getLastChange } from "../src/list-updates.js";

const AT = "2026-11-29T10:05:00.000000+00:00";
/** @returns {any} */
const job = (/** @type {object} */ fields) => ({ kind: "import", state: "succeeded", finished_at: AT, ...fields });

test("the last save or import that succeeded has changed sessions", () => {
  const earlier = job({ kind: "save", finished_at: "2026-11-29T10:00:00.000000+00:00" });
  assert.equal(getLastChange([earlier, job({}), earlier]), Date.parse(AT));
});

for (const fields of [
  { kind: "export" },
  { kind: "preview" },
  { state: "failed" },
  { state: "running", finished_at: null },
]) {
  test(`no session is changed by ${JSON.stringify(fields)}`, () => {
    assert.equal(getLastChange([job(fields)]), 0);
  });
}

test("without jobs nothing is changed", () => {
  assert.equal(getLastChange([]), 0);
});
