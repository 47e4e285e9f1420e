// Names of languages that scripts show. Those in the text of a page are the server's, so that nothing moves.
import { gettext, pageLanguage } from "./i18n.js";

const TAGS =
  "aa ab af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ceb ch co cr cs cv cy da de dv dz ee el en en-GB en-US " +
  "eo es es-419 et eu fa ff fi fil fj fo fr fr-CA fy ga gd gl gn gu gv ha he hi hr ht hu hy hz ia id ig ii ik io is it iu ja " +
  "jv ka kg ki kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn " +
  "no nr nv ny oc oj om or os pa pl ps pt pt-BR pt-PT qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw " +
  "ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi wa wo xh yi yo yue za zh zh-CN zh-TW zu";

/** @param {ParentNode} root elements with the attribute data-language get a title */
export function nameLanguages(root) {
  const names = displayNames();
  /** @type {NodeListOf<HTMLElement>} */
  const elements = root.querySelectorAll("[data-language]");
  for (const element of elements) {
    const tag = element.dataset.language ?? "";
    const name = nameOf(names, tag);
    if (name) element.title = name;
  }
}

/**
 * Let fields find languages by name: add all to the lists of suggestions, and replace a name that is typed by its tag.
 * @param {ParentNode} root
 */
export function suggestLanguages(root) {
  /** @type {NodeListOf<HTMLDataListElement>} */
  const lists = root.querySelectorAll("datalist[data-languages]");
  for (const list of lists) {
    const names = displayNames();
    const present = new Set();
    for (const option of list.options) {
      present.add(option.value);
      option.label = nameOf(names, option.value) ?? option.label;
    }
    const others = listLanguages().filter(({ tag }) => !present.has(tag));
    list.append(...others.map(({ tag, name }) => new Option(name, tag)));
  }
  if (connected.has(root)) return;
  connected.add(root);
  root.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.list?.dataset.languages !== undefined)
      target.value = findByName(target.value) ?? target.value;
  });
}

/** Roots whose fields find languages already. @type {WeakSet<ParentNode>} */
const connected = new WeakSet();

/** @type {Map<string, string>} */
const tagsByName = new Map();

/**
 * Return the tag of a language by its name in the language of the page, in another one of the portal, or in itself.
 * @param {string} text
 */
function findByName(text) {
  if (!tagsByName.size) {
    const tags = TAGS.split(" ");
    for (const language of [pageLanguage(), ...listPortalLanguages()]) addNames(tags, displayNames(language));
    for (const tag of tags) addNames([tag], displayNames(tag));
  }
  return tagsByName.get(fold(text));
}

/**
 * @param {string[]} tags
 * @param {Intl.DisplayNames | null} names
 */
function addNames(tags, names) {
  for (const tag of tags) {
    const name = fold(nameOf(names, tag) ?? "");
    if (name && !tagsByName.has(name)) tagsByName.set(name, tag);
  }
}

/** @returns {string[]} those that the page's list of suggestions states */
function listPortalLanguages() {
  /** @type {HTMLElement | null} */
  const list = typeof document === "undefined" ? null : document.querySelector("datalist[data-languages]");
  return (list?.dataset.languages || "en").split(" ");
}

/** Remove case and accents. @param {string} text */
const fold = (text) =>
  text
    .trim()
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();

/** Return "Hindi (hi)", or the tag alone where the browser has no name. @param {string} tag */
export function describeLanguage(tag) {
  const name = nameOf(displayNames(), tag);
  return name ? `${name} (${tag})` : tag;
}

/**
 * Return the tag, in its usual form, of a language by name or tag. Throws a RangeError with a sentence for the user.
 * @param {string} text
 */
export function readLanguageTag(text) {
  const named = findByName(text);
  if (named) return named;
  try {
    return Intl.getCanonicalLocales(text.replaceAll("_", "-"))[0] ?? "";
  } catch {
    throw new RangeError(
      gettext("“%(text)s” is not a language. Use a name or a tag, such as “Hindi” or “pt-BR”.", { text }),
    );
  }
}

/** @type {{tag: string, name: string}[]} sorted by name */
let languages = [];

function listLanguages() {
  if (languages.length) return languages;
  const names = displayNames();
  languages = TAGS.split(" ")
    .map((tag) => ({ tag, name: nameOf(names, tag) ?? "" }))
    .filter(({ name }) => name)
    .sort((a, b) => a.name.localeCompare(b.name));
  return languages;
}

function displayNames(language = pageLanguage()) {
  try {
    return new Intl.DisplayNames(language, { type: "language", fallback: "none" });
  } catch {
    return null;
  }
}

/**
 * @param {Intl.DisplayNames | null} names
 * @param {string} tag
 */
function nameOf(names, tag) {
  try {
    return names?.of(tag);
  } catch {
    return undefined; // not a language tag
  }
}
