import assert from "node:assert/strict";
import { test } from "node:test";
import { describeLanguage, readLanguageTag } from "../src/languages.js";

test("a language is found by its name or tag", () => {
  assert.equal(readLanguageTag("hindi"), "hi");
  assert.equal(readLanguageTag("Brazilian Portuguese"), "pt-BR");
  assert.equal(readLanguageTag("pt_br"), "pt-BR");
  assert.equal(describeLanguage("hi"), "Hindi (hi)");
});

test("a language is found by its own name, in any case and without accents", () => {
  assert.equal(readLanguageTag("Español"), "es");
  assert.equal(readLanguageTag("francais"), "fr");
  assert.equal(readLanguageTag("हिन्दी"), "hi");
});

test("what is neither is refused with a sentence", () => {
  assert.throws(() => readLanguageTag("spoken in the north"), /“spoken in the north” is not a language\. Use/);
});
