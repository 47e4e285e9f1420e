import assert from "node:assert/strict";
import { test } from "node:test";
import { isUnavailable, recoverFromErrors } from "../src/player/recovery.js";

class Element extends EventTarget {
  currentTime = 0;
  paused = false;
  playbackRate = 1;
  loads = 0;
  errors = 0;
  src = "";
  constructor() {
    super();
    recoverFromErrors(/** @type {any} */ (this));
    this.addEventListener("error", () => this.errors++);
  }
  load() {
    this.loads++;
    this.currentTime = 0;
    this.paused = true;
  }
  play() {
    this.paused = false;
    return Promise.resolve();
  }
  /** @param {string} name */
  emit(name) {
    this.dispatchEvent(new Event(name));
  }
}

test("media that break off are loaded again and continue where they were", () => {
  const element = new Element();
  element.emit("loadedmetadata");
  element.currentTime = 41;
  element.playbackRate = 1.5;
  element.emit("error");
  assert.deepEqual([element.loads, element.errors, element.currentTime], [1, 0, 0]);
  element.emit("loadedmetadata");
  assert.deepEqual([element.currentTime, element.paused, element.playbackRate], [41, false, 1.5]);
});

test("paused media stay paused", () => {
  const element = new Element();
  element.emit("loadedmetadata");
  element.paused = true;
  element.emit("error");
  element.emit("loadedmetadata");
  assert.equal(element.paused, true);
});

test("media that fail again at once have failed", () => {
  const element = new Element();
  element.emit("loadedmetadata");
  element.emit("error");
  element.emit("loadedmetadata");
  element.emit("error");
  assert.deepEqual([element.loads, element.errors], [1, 1]);
});

/**
 * Let each attempt to fetch the file end with the next status; 0 is a network that does not respond.
 * @param {import("node:test").TestContext} context
 * @param {number[]} statuses
 */
function respond(context, statuses) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  context.mock.method(globalThis, "fetch", () => {
    const status = statuses.shift();
    return status ? Promise.resolve({ status, body: null }) : Promise.reject(new TypeError());
  });
}

const runTasks = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test("media whose file cannot be fetched are loaded as soon as it can be", async (context) => {
  respond(context, [0, 503, 206]);
  const element = new Element();
  let reports = 0;
  element.addEventListener("unavailable", () => reports++);
  element.src = "/file";
  element.currentTime = 12;
  element.emit("error");
  await runTasks();
  assert.deepEqual([element.errors, reports, isUnavailable(/** @type {any} */ (element))], [1, 1, true]);
  context.mock.timers.tick(2_000);
  await runTasks();
  assert.deepEqual([element.loads, reports], [0, 1]);
  context.mock.timers.tick(4_000);
  await runTasks();
  assert.deepEqual([element.loads, isUnavailable(/** @type {any} */ (element))], [1, false]);
  element.emit("loadedmetadata");
  assert.equal(element.currentTime, 12);
});

test("media that get another file instead are not loaded again", async (context) => {
  respond(context, [404, 206]);
  const element = new Element();
  element.addEventListener("unavailable", () => {
    element.src = "/other";
  });
  element.src = "/file";
  element.emit("error");
  await runTasks();
  assert.equal(isUnavailable(/** @type {any} */ (element)), false);
  context.mock.timers.tick(2_000);
  await runTasks();
  assert.equal(element.loads, 0);
});

test("each file of an element that cannot be fetched is reported", async (context) => {
  respond(context, [404, 404]);
  const element = new Element();
  /** @type {string[]} */
  const reports = [];
  element.addEventListener("unavailable", () => reports.push(element.src));
  for (const source of ["/file", "/other"]) {
    element.src = source;
    element.emit("error");
    await runTasks();
    assert.equal(isUnavailable(/** @type {any} */ (element)), true);
  }
  assert.deepEqual(reports, ["/file", "/other"]);
});

test("media that cannot be decoded are loaded again", async (context) => {
  respond(context, [206, 206]);
  const element = new Element();
  element.src = "/file";
  element.emit("error");
  await runTasks();
  element.emit("error");
  await runTasks();
  assert.deepEqual([element.loads, element.errors, isUnavailable(/** @type {any} */ (element))], [1, 2, false]);
});

test("media that are not used any more are not fetched again", async (context) => {
  respond(context, [503]);
  const element = new Element();
  element.src = "/file";
  element.emit("error");
  await runTasks();
  element.src = "";
  context.mock.timers.tick(2_000);
  await runTasks();
  assert.deepEqual([element.loads, isUnavailable(/** @type {any} */ (element))], [0, false]);
});
