import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import PO from "pofile";
import { findMessages, findUnmarked, keyOf, readMessages, readUnmarked } from "./messages.js";

const SOURCE = fileURLToPath(new URL("../src", import.meta.url));
const LOCALE = fileURLToPath(new URL("../locale", import.meta.url));
const messages = readMessages(SOURCE);

/** @typedef {InstanceType<typeof PO.Item>} Item */

test("no script has a text for users that is not marked", () => {
  assert.deepEqual(readUnmarked(SOURCE), []);
});

test("messages are found, and must be literals", () => {
  const source = 'show(pgettext("verb", "Open"), ngettext("1 file", "%(count)s files", n), gettext("Saved", {}));';
  assert.deepEqual(findMessages(source, "page.js"), [
    { context: "verb", message: "Open", plural: "" },
    { context: "", message: "1 file", plural: "%(count)s files" },
    { context: "", message: "Saved", plural: "" },
  ]);
  const wrong = "\ngettext(text);";
  assert.throws(() => findMessages(wrong, "page.js"), /page\.js:2: the message must be a string literal/);
});

test("percent signs are single: only the server's messages double them", () => {
  const doubled = [...messages.values()].filter(({ message, plural }) => `${message}${plural}`.includes("%%"));
  assert.deepEqual(doubled, []);
});

for (const source of [
  'const FAILED = "The list cannot be loaded.";',
  `show(\`Version \${number} is shown.\`);`,
  'create("span", "badge", isNew ? "new" : "old");',
  'button.title = "close";',
  `button.setAttribute("aria-label", \`close \${name}\`);`,
  'show({ text: "done" });',
  'setLabel(button, isMuted ? "Unmute" : "Mute");',
  `show(\`\${path} has no sound.\`);`,
])
  test(`texts that are not marked are found: ${source}`, () => {
    assert.notDeepEqual(findUnmarked(source), []);
  });

test("marked texts and those that are not shown are not reported", () => {
  const source = `
    const FAILED = gettext("The list cannot be loaded.");
    throw new Error("This page has no form");
    create("span", "badge bad", name);
    element.className = "button small";
    if (event.key === "Enter") throw new DOMException("Cancelled", "AbortError");
    element.setAttribute("role", "status");`;
  assert.deepEqual(findUnmarked(source), []);
});

for (const language of readdirSync(LOCALE)) {
  const file = join(LOCALE, language, "LC_MESSAGES", "djangojs.po");
  const { items, headers } = PO.parse(readFileSync(file, "utf8"));
  const forms = Number(/nplurals=\s*(\d)/.exec(headers["Plural-Forms"] ?? "")?.[1]);

  test(`${language}: the catalog has the messages of the scripts (make messages writes it)`, () => {
    const known = new Map(items.map((item) => [itemKey(item), item.msgid_plural ?? ""]));
    const current = new Map([...messages].map(([key, { plural }]) => [key, plural]));
    assert.deepEqual(sorted(known), sorted(current));
  });

  test(`${language}: every message is translated, in all plural forms`, () => {
    const isTranslated = (/** @type {Item} */ { msgid_plural: plural, msgstr, flags }) =>
      msgstr.length === (plural ? forms : 1) && msgstr.every(Boolean) && !flags.fuzzy;
    const missing = items.filter((item) => !isTranslated(item)).map(({ msgid }) => msgid);
    assert.deepEqual(missing, []);
  });

  test(`${language}: translations have the values of their messages`, () => {
    for (const { msgid, msgid_plural: plural, msgstr } of items) {
      // A form for one may leave out the number.
      for (const text of msgstr) assert.deepEqual(valuesOf(text, plural), valuesOf(plural ?? msgid, plural), text);
    }
  });
}

/** @param {Item} item */
const itemKey = ({ msgctxt, msgid }) => keyOf({ context: msgctxt ?? "", message: msgid });

/** @param {Map<string, string>} map */
const sorted = (map) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/**
 * @param {string} text
 * @param {string | undefined} plural
 */
const valuesOf = (text, plural) =>
  [...new Set(text.match(/%\(\w+\)s/g))].filter((value) => !(plural && value === "%(count)s")).sort();
