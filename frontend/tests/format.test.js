import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatBytes, formatDuration, formatFileCount, showInvisible } from "../src/format.js";
import { RateEstimator } from "../src/progress-meter.js";

// The cases of tests/unit/core/test_shown_texts.py, too.
const cases = JSON.parse(readFileSync(new URL("../../tests/unit/core/shown_texts.json", import.meta.url), "utf8"));

for (const [count, text] of /** @type {[number, string][]} */ (cases.sizes)) {
  test(`${count} bytes are ${text}`, () => {
    assert.equal(formatBytes(count).replaceAll("\u00a0", " "), text);
  });
}

for (const [seconds, text] of /** @type {[number, string][]} */ ([
  [0.2, "1 s"],
  [59, "59 s"],
  [60, "1 min"],
  [3600, "1 h 0 min"],
  [7290, "2 h 2 min"],
])) {
  test(`${seconds} seconds are ${text}`, () => {
    assert.equal(formatDuration(seconds).replaceAll("\u00a0", " "), text);
  });
}

test("files are counted", () => {
  assert.deepEqual([1, 2, 5000].map(formatFileCount), ["1 file", "2 files", "5,000 files"]);
});

test("the rate is the average of the last five seconds", () => {
  const rate = new RateEstimator();
  assert.equal(rate.add(0, 0), 0);
  assert.equal(rate.add(400, 1000), 0, "too early");
  assert.equal(rate.add(1000, 2000), 2000);
  assert.equal(rate.add(7000, 8000), 1000);
  assert.equal(rate.add(8000, 8000), 0, "nothing moved in the window");
});

for (const [text, shown] of /** @type {[string, string][]} */ (cases.names)) {
  test(`${JSON.stringify(text)} is shown as ${shown}`, () => {
    assert.equal(showInvisible(text), shown);
  });
}
