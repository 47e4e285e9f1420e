import assert from "node:assert/strict";
import { test } from "node:test";
import { gettext } from "../src/i18n.js";
import { isolate, isolateQuoted } from "../src/text-direction.js";

test("a name written from right to left leaves the order of the words around it", () => {
  assert.equal(isolate("שיחה (2)"), "\u2068שיחה (2)\u2069");
  assert.equal(isolate("talk (2)"), "talk (2)");
  assert.equal(gettext("Close notice: %(text)s", { text: "مقابلة 3" }), "Close notice: \u2068مقابلة 3\u2069");
});

test("quoted names in a sentence of the server are isolated", () => {
  assert.equal(
    isolateQuoted("“שיחה” was restored as “talk”. „مقابلة“ blieb."),
    "“\u2068שיחה\u2069” was restored as “talk”. „\u2068مقابلة\u2069“ blieb.",
  );
});
