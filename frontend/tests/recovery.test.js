import assert from "node:assert/strict";
import { test } from "node:test";
import { recoverFromErrors } from "../src/player/recovery.js";

class Element extends EventTarget {
  currentTime = 0;
  paused = false;
  playbackRate = 1;
  loads = 0;
  errors = 0;
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

test("media that never began, or fail again at once, have failed", () => {
  const element = new Element();
  element.emit("error");
  assert.deepEqual([element.loads, element.errors], [0, 1]);
  element.emit("loadedmetadata");
  element.emit("error");
  element.emit("loadedmetadata");
  element.emit("error");
  assert.deepEqual([element.loads, element.errors], [1, 2]);
});
