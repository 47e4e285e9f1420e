import assert from "node:assert/strict";
import { test } from "node:test";
import { describeProgress, joinTitle } from "../src/page-title.js";
import { averagePercent, describeNumbers, describeTitle, describeTray } from "../src/tray/describe-jobs.js";
import { SeenJobs } from "../src/tray/seen-jobs.js";

const NOW = "2026-11-29T10:00:00.000000+00:00";
const LATER = "2026-11-29T10:05:00.000000+00:00";

/** @returns {any} */
const job = (/** @type {object} */ fields) => ({
  code: "a",
  state: "running",
  text: "Saving talk",
  percent: 64,
  bytes_done: 64,
  bytes_total: 100,
  rate: null,
  seconds_left: null,
  stopping: false,
  finished_at: null,
  ...fields,
});

function createStorage() {
  /** @type {Map<string, string>} */
  const items = new Map();
  return {
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ text) => void items.set(key, text),
  };
}

test("the tray and the title have the progress of all unfinished jobs, by bytes", () => {
  const ended = job({ code: "c", state: "succeeded", finished_at: NOW });
  assert.deepEqual(describeTray([ended]), { count: "", percent: "", level: "" });
  assert.equal(describeTitle([ended]), "");
  assert.deepEqual(describeTray([job({}), ended]), { count: "1 job", percent: "64\u00a0%", level: "running" });
  assert.equal(describeTitle([job({}), ended]), "64 % Saving talk");
  const two = [job({}), job({ code: "b", bytes_done: 36, bytes_total: 300 })];
  assert.equal(averagePercent(two), 25);
  assert.equal(describeTitle(two), "25 % 2 jobs");
  assert.equal(describeTray(Array.from({ length: 20 }, () => job({ state: "queued" }))).count, "20+ jobs");
  assert.equal(joinTitle("64 % Saving talk", "Sessions"), "64 % Saving talk · Sessions");
  assert.equal(joinTitle("", "Sessions"), "Sessions");
  assert.equal(describeProgress(64, 100, "Uploading the files"), "64 % Uploading the files");
  assert.equal(describeProgress(0, 0, "Reading the files"), "100 % Reading the files");
});

test("jobs without a known size have no progress", () => {
  assert.equal(averagePercent([job({ bytes_done: 0, bytes_total: 0 })]), 0);
});

test("the numbers of a job are its progress, speed and time left, or why it has none", () => {
  assert.equal(describeNumbers(job({ rate: 2048, seconds_left: 40 })), "64\u00a0% · 2.0\u00a0KiB/s · 40\u00a0s left");
  assert.equal(describeNumbers(job({})), "64\u00a0%");
  assert.equal(describeNumbers(job({ state: "queued" })), "Waiting");
  assert.equal(describeNumbers(job({ stopping: true })), "Cancelling …");
});

test("a job is reported once per browser and user", () => {
  const storage = createStorage();
  const ended = job({ state: "succeeded", finished_at: LATER });
  assert.deepEqual(new SeenJobs("1", NOW, storage).claim([ended]), [ended]);
  assert.deepEqual(new SeenJobs("1", LATER, storage).claim([ended]), []);
  assert.deepEqual(new SeenJobs("2", NOW, storage).claim([ended]), [ended]);
});

test("a job that ended before the first page is not reported, and one that ends again is", () => {
  const storage = createStorage();
  const seen = new SeenJobs("1", NOW, storage);
  assert.deepEqual(seen.claim([job({ finished_at: NOW })]), []);
  assert.equal(seen.claim([job({ finished_at: LATER })]).length, 1);
  assert.equal(seen.claim([job({ finished_at: "2026-11-29T10:09:00.000000+00:00" })]).length, 1);
});

test("a notice that was not shown long enough is shown again, and old ones are forgotten", () => {
  const storage = createStorage();
  const seen = new SeenJobs("1", NOW, storage);
  const ended = job({ finished_at: LATER });
  seen.claim([ended]);
  seen.release("a");
  assert.equal(seen.claim([ended]).length, 1);
  seen.claim([job({ code: "b", finished_at: "2026-12-01T10:00:00.000000+00:00" })]);
  assert.deepEqual(Object.keys(JSON.parse(storage.getItem("seen-jobs:1") ?? "").codes), ["b"]);
});

test("a browser that stores nothing reports what ends while a page is open", () => {
  const refuse = () => {
    throw new Error("forbidden");
  };
  const seen = new SeenJobs("1", NOW, { getItem: refuse, setItem: refuse });
  assert.equal(seen.claim([job({ finished_at: LATER })]).length, 1);
  assert.deepEqual(seen.claim([job({ finished_at: LATER })]), []);
});
