import assert from "node:assert/strict";
import { test } from "node:test";
import { LabelCorrections } from "../src/label-corrections.js";

const CATEGORIES = { audio: "Audio", custom_voices: "Custom voices" };

/** @param {string} path @param {Partial<import("../src/placements.js").Placement>} [label] */
const place = (path, label = {}) => ({
  file: { file: new File([], path), path },
  placement: {
    source: path,
    path,
    category: "audio",
    label: "Audio",
    language: "",
    role: "",
    labeled_by: "",
    change: null,
    previous_size: null,
    candidates: [],
    ...label,
  },
  isMetadata: false,
});

test("files with the same correction are sent together, and only those that are saved", () => {
  const corrections = new LabelCorrections(CATEGORIES);
  corrections.add(["a.wav", "b.wav", "left-out.wav"], { category: "custom_voices" });
  corrections.add(["c.wav"], { role: "ignored" });
  assert.deepEqual(corrections.toJson(["a.wav", "b.wav", "c.wav", "d.wav"]), [
    { paths: ["a.wav", "b.wav"], category: "custom_voices" },
    { paths: ["c.wav"], role: "ignored" },
  ]);
});

test("later corrections of a file complete or replace earlier ones", () => {
  const corrections = new LabelCorrections(CATEGORIES);
  corrections.add(["a.wav"], { role: "ignored" });
  corrections.add(["a.wav"], { language: "hi" });
  corrections.add(["a.wav"], { category: "custom_voices" });
  assert.deepEqual(corrections.toJson(["a.wav"]), [{ paths: ["a.wav"], language: "hi", category: "custom_voices" }]);
  assert.deepEqual(corrections.withdrawn(["a.wav"]), []);
  corrections.withdraw(["a.wav"]);
  assert.deepEqual(corrections.toJson(["a.wav"]), []);
  assert.deepEqual(corrections.withdrawn(["a.wav", "b.wav"]), ["a.wav"]);
});

test("only one file is the source", () => {
  const corrections = new LabelCorrections(CATEGORIES);
  corrections.add(["a.mp4"], { role: "source" });
  corrections.add(["b.mp4"], { role: "source" });
  assert.deepEqual(corrections.toJson(["a.mp4", "b.mp4"]), [{ paths: ["b.mp4"], role: "source" }]);
  const shown = corrections.apply([place("b.mp4"), place("c.mp4", { role: "source", label: "Original video" })]);
  assert.deepEqual(
    shown.map(({ placement }) => placement?.label),
    ["Source", "Not the source"],
  );
});

test("remembered corrections are restored", () => {
  const corrections = new LabelCorrections(CATEGORIES);
  corrections.add(["a.wav", "b.wav"], { category: "custom_voices" });
  corrections.add(["c.mp4"], { role: "source" });
  corrections.withdraw(["d.wav"]);
  const restored = new LabelCorrections(CATEGORIES);
  restored.add(["other.wav"], { role: "ignored" });
  restored.restore(JSON.parse(JSON.stringify(corrections.remember())));
  const paths = ["a.wav", "b.wav", "c.mp4", "d.wav", "other.wav"];
  assert.deepEqual(restored.toJson(paths), corrections.toJson(paths));
  assert.deepEqual(restored.withdrawn(paths), ["d.wav"]);
});

test("corrected labels are shown", () => {
  const corrections = new LabelCorrections(CATEGORIES);
  corrections.add(["a.wav"], { category: "custom_voices", language: "hi" });
  const [a, b] = corrections.apply([place("a.wav"), place("b.wav")]);
  assert.deepEqual([a?.placement?.label, a?.placement?.language, a?.isCorrected], ["Custom voices", "hi", true]);
  assert.deepEqual([b?.placement?.label, b?.isCorrected], ["Audio", undefined]);
});
