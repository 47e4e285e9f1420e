import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBytes, formatDuration, formatFileCount, showInvisible } from "../src/format.js";
import { RateEstimator } from "../src/progress-meter.js";

for (const [count, text] of /** @type {[number, string][]} */ ([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [102_349, "100 KiB"],
  [1024 ** 2 - 1, "1.0 MiB"],
  [12.3 * 1024 ** 2, "12.3 MiB"],
  [5 * 1024 ** 5, "5.0 PiB"],
])) {
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

for (const [text, shown] of /** @type {[string, string][]} */ ([
  ["a\u202egpj.exe", "a⟦U+202E⟧gpj.exe"],
  ["a\tb\u001b[2J", "a⟦U+0009⟧b⟦U+001B⟧[2J"],
  ["a\u200db", "a⟦U+200D⟧b"],
  ["caf\udce9", "caf⟦U+DCE9⟧"],
  ["tag\u{e0041}", "tag⟦U+E0041⟧"],
  ["最終\u3000版.mp4", "最終\u3000版.mp4"],
  ["हिन्\u200dदी 👨\u200d👩", "हिन्\u200dदी 👨\u200d👩"],
])) {
  test(`${JSON.stringify(text)} is shown as ${shown}`, () => {
    assert.equal(showInvisible(text), shown);
  });
}
