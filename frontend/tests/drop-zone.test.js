import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenPath } from "../src/drop-zone.js";

test("a backslash in a file's name stays", () => {
  assert.equal(chosenPath("talk/back/slash.wav", "back\\slash.wav"), "talk/back\\slash.wav");
  assert.equal(chosenPath("talk/audio/hi.wav", "hi.wav"), "talk/audio/hi.wav");
  assert.equal(chosenPath("", "hi.wav"), "hi.wav");
});
