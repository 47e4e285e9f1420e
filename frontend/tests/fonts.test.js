import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { readFaces } from "../fonts.js";

const RULE = `@font-face {
  font-family: "A";
  font-weight: 400 680;
  src: url("a-latin.woff2") format("woff2");
  unicode-range:
    U+0041-0043, U+1F600;
}
`;

test("a face has the name, the weights and the characters of its rule", () => {
  assert.deepEqual(readFaces(RULE), [{ name: "a-latin", weights: [400, 680], characters: "ABC😀" }]);
});

test("faces of the system's fonts have no file", () => {
  assert.deepEqual(readFaces('@font-face {\n  font-family: "B";\n  src: local("Arial");\n}\n'), []);
});

for (const missing of ["font-weight", "unicode-range"]) {
  test(`a face without ${missing} is an error`, () => {
    assert.throws(() => readFaces(RULE.replace(missing, "other")), /a-latin/);
  });
}

test("marks are in the file of their letters: a browser takes both from one font", async () => {
  const faces = readFaces(await readFile(new URL("../css/fonts.css", import.meta.url), "utf8"));
  const listFiles = (/** @type {RegExp} */ script) =>
    faces
      .filter(({ characters }) => [...characters].some((each) => script.test(each) && /\p{M}/u.test(each)))
      .map(({ name }) => name);
  assert.deepEqual(listFiles(/\p{Script=Arabic}/u), ["arabic"]);
  assert.deepEqual(listFiles(/\p{Script=Devanagari}/u), ["devanagari"]);
  assert.deepEqual(listFiles(/\p{Script=Hebrew}/u), ["hebrew"]);
  assert.deepEqual(listFiles(/\p{Script=Thai}/u), ["thai"]);
  assert.deepEqual(listFiles(/[\u1cd0-\u1cf9]/u), ["devanagari"]);
});

test("a rule that cannot be read is an error", () => {
  assert.throws(() => readFaces(RULE.replaceAll('"', "'")), /cannot read/);
});
