import assert from "node:assert/strict";
import { test } from "node:test";
import { renameInTitle, setTitleProgress, startTitle } from "../src/page-title.js";

/**
 * Start a page with a title and return its document.
 * @param {string} title
 */
function openPage(title) {
  const page = Object.assign(new EventTarget(), { title });
  Object.assign(globalThis, { document: page });
  startTitle();
  return page;
}

test("a rename that is reported twice changes the title once", () => {
  const page = openPage("Drift · Dubbing Sessions");
  renameInTitle("Drift", "Drift 2");
  renameInTitle("Drift", "Drift 2");
  assert.equal(page.title, "Drift 2 · Dubbing Sessions");
  renameInTitle("Drift 2", "Drift");
  assert.equal(page.title, "Drift · Dubbing Sessions");
});

test("an upload's progress comes before that of jobs", () => {
  const page = openPage("talk");
  setTitleProgress("10 % Saving", "jobs");
  setTitleProgress("64 % Uploading");
  assert.equal(page.title, "64 % Uploading · talk");
  setTitleProgress("");
  assert.equal(page.title, "10 % Saving · talk");
});
