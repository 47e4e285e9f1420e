// Messages and numbers in the language of the page. Messages are written in English; a page in another language has loaded its catalog,
// locale/de.js for German, before its other scripts.
import { isolate } from "./text-direction.js";

/** plural: the index of the form for a number. @typedef {{plural: (count: number) => number, messages: Record<string, string | string[]>}} Catalog */
/** @typedef {Record<string, string | number>} Values */

const CONTEXT_END = "\u0004"; // between context and message, as in .mo files

/** @returns {string} a BCP 47 tag */
export const pageLanguage = () => (typeof document === "undefined" ? "" : document.documentElement.lang) || "en";

/**
 * Return a message in the language of the page.
 * @param {string} message in English, a string literal; %(name)s is replaced by a value
 * @param {Values} [values]
 */
export const gettext = (message, values) => fillIn(lookUp(message) || message, values);

/**
 * Return a message whose English text has several meanings.
 * @param {string} context which meaning, for translators
 * @param {string} message
 * @param {Values} [values]
 */
export const pgettext = (context, message, values) =>
  fillIn(lookUp(`${context}${CONTEXT_END}${message}`) || message, values);

/**
 * Return a message that depends on a number.
 * @param {string} singular in English
 * @param {string} plural in English; both may contain %(count)s
 * @param {number} count
 * @param {Values} [values] besides count
 */
export function ngettext(singular, plural, count, values) {
  const { messages, plural: formOf } = catalog() ?? ENGLISH;
  const forms = messages[singular];
  const form = Array.isArray(forms) ? forms[formOf(count)] : undefined;
  return fillIn(form || (count === 1 ? singular : plural), { count: formatNumber(count), ...values });
}

/**
 * Format a number: 12,345.6 in English, 12.345,6 in German.
 * @param {number} number
 * @param {{digits?: number, isGrouped?: boolean}} [options] digits after the decimal separator
 */
export function formatNumber(number, { digits = 0, isGrouped = true } = {}) {
  // Rounded in decimal notation first, as the server does: Intl rounds 1.45 up, which is less than that in binary.
  return numberFormat(pageLanguage(), digits, isGrouped).format(Number(number.toFixed(digits)));
}

/** @returns {Catalog | undefined} none on an English page */
const catalog = () => /** @type {any} */ (globalThis).dubbingCatalog;

/** @type {Catalog} */
const ENGLISH = { plural: () => 0, messages: {} };

/** @param {string} key */
function lookUp(key) {
  const translation = catalog()?.messages[key];
  return typeof translation === "string" ? translation : undefined;
}

/**
 * @param {string} text
 * @param {Values} [values]
 */
const fillIn = (text, values = {}) =>
  text.replace(/%\((\w+)\)s/g, (placeholder, name) => isolate(String(values[name] ?? placeholder)));

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * @param {string} language
 * @param {number} digits
 * @param {boolean} isGrouped
 */
function numberFormat(language, digits, isGrouped) {
  const key = `${language} ${digits} ${isGrouped}`;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: isGrouped };
  const known = formats.get(key) ?? new Intl.NumberFormat(language, options);
  formats.set(key, known);
  return known;
}
