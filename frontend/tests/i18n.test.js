import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { formatBytes, formatDuration, formatFileCount } from "../src/format.js";
import { formatNumber, gettext, ngettext, pgettext } from "../src/i18n.js";
import { describeNumbers } from "../src/tray/describe-jobs.js";
import { usePage } from "./support.js";

const GERMAN = {
  plural: (/** @type {number} */ count) => Number(count !== 1),
  messages: {
    "Saved %(name)s": "%(name)s gespeichert",
    "%(count)s file": ["%(count)s Datei", "%(count)s Dateien"],
    "verb\u0004Open": "Öffnen",
    "state\u0004Open": "Offen",
    Untranslated: "",
    "%(duration)s left": "noch %(duration)s",
  },
};

afterEach(() => usePage("en"));

test("an English page needs no catalog", () => {
  assert.equal(gettext("Saved %(name)s as version %(number)s", { name: "talk", number: 3 }), "Saved talk as version 3");
  assert.equal(pgettext("verb", "Open"), "Open");
  assert.deepEqual(
    [0, 1, 2, 5000].map((count) => ngettext("%(count)s file", "%(count)s files", count)),
    ["0 files", "1 file", "2 files", "5,000 files"],
  );
});

test("a page in another language has the texts of its catalog, and English ones where there is no translation", () => {
  usePage("de", GERMAN);
  assert.equal(gettext("Saved %(name)s", { name: "talk" }), "talk gespeichert");
  assert.equal(pgettext("verb", "Open"), "Öffnen");
  assert.equal(pgettext("state", "Open"), "Offen");
  assert.deepEqual(
    [0, 1, 2, 5000].map((count) => ngettext("%(count)s file", "%(count)s files", count)),
    ["0 Dateien", "1 Datei", "2 Dateien", "5.000 Dateien"],
  );
  assert.equal(gettext("Untranslated"), "Untranslated");
  assert.equal(gettext("New %(name)s", { name: "talk" }), "New talk");
  assert.equal(ngettext("%(count)s new line", "%(count)s new lines", 1), "1 new line");
  assert.equal(ngettext("%(count)s new line", "%(count)s new lines", 2), "2 new lines");
});

test("values are inserted as they are", () => {
  assert.equal(gettext("Saved %(name)s", { name: "%(name)s $& {x} 100%" }), "Saved %(name)s $& {x} 100%");
  assert.equal(gettext("Keep %(unknown)s", {}), "Keep %(unknown)s");
  assert.equal(ngettext("%(count)s job", "%(count)s jobs", 20, { count: "20+" }), "20+ jobs");
});

test("languages with more plural forms use them", () => {
  usePage("pl", {
    plural: (count) => (count === 1 ? 0 : count % 10 >= 2 && count % 10 <= 4 && (count < 12 || count > 14) ? 1 : 2),
    messages: { "%(count)s file": ["%(count)s plik", "%(count)s pliki", "%(count)s plików"] },
  });
  assert.deepEqual(
    [1, 3, 5, 22].map((count) => ngettext("%(count)s file", "%(count)s files", count)),
    ["1 plik", "3 pliki", "5 plików", "22 pliki"],
  );
});

test("numbers have the separators of the language", () => {
  assert.equal(formatNumber(12345.64, { digits: 1 }), "12,345.6");
  assert.equal(formatNumber(1.45, { digits: 1 }), "1.4", "rounded like the server does");
  usePage("de", GERMAN);
  assert.equal(formatNumber(12345.64, { digits: 1 }), "12.345,6");
  assert.equal(formatBytes(5_850_000), "5,6\u00a0MiB");
  assert.equal(formatDuration(7290), "2\u00a0h 2\u00a0min");
  assert.equal(formatFileCount(1234), "1.234 Dateien");
  const job = /** @type {any} */ ({ state: "running", percent: 64, rate: 2048, seconds_left: 40 });
  assert.equal(describeNumbers(job), "64\u00a0% · 2,0\u00a0KiB/s · noch 40\u00a0s");
});
