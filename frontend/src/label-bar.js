// Bar that corrects the labels of the selected files.

import { find } from "./dom.js";
import { gettext, pgettext } from "./i18n.js";
import { readLanguageTag } from "./languages.js";
import { connectRowSelection } from "./row-selection.js";

/** @import { LabelChange } from "./label-corrections.js" */

/** Return the names of the categories, by value. @param {HTMLElement} root */
export function readCategories(root) {
  const { options } = find(root, "[name=label]", HTMLSelectElement);
  return Object.fromEntries([...options].map(({ value, text }) => [value, text.trim()]));
}

/**
 * @param {HTMLElement} root contains the table and the bar
 * @param {{
 *   onCorrect: (paths: string[], change: LabelChange) => void,
 *   onWithdraw: (paths: string[]) => void,
 *   onError: (sentence: string) => void,
 * }} options
 */
export function connectLabelBar(root, { onCorrect, onWithdraw, onError }) {
  const label = find(root, "[name=label]", HTMLSelectElement);
  const language = find(root, "[name=language]", HTMLInputElement);
  const selection = connectRowSelection(root, { name: "paths" });

  const correct = () => {
    const paths = selection.values();
    try {
      if (label.value === "recognized") onWithdraw(paths);
      else onCorrect(paths, readChange(label.value, language.value.trim(), paths.length));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return onError(error.message);
    }
    label.value = "";
    language.value = "";
    selection.clear();
  };
  find(root, "[data-correct]").addEventListener("click", correct);
  language.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // it would save
    correct();
  });
  return selection;
}

/**
 * @param {string} label
 * @param {string} tag of a language
 * @param {number} count of files
 * @returns {LabelChange}
 */
function readChange(label, tag, count) {
  if (!label && !tag) throw new RangeError(gettext("Choose a category or a language."));
  if (label === "source" && count > 1) throw new RangeError(gettext("Only one file can be the source."));
  return {
    ...readLabel(label),
    ...(tag ? { language: isNone(tag) ? "" : readLanguageTag(tag) } : {}),
  };
}

/** @param {string} value @returns {LabelChange} */
function readLabel(value) {
  if (!value) return {};
  return value === "source" || value === "ignored" ? { role: value } : { category: value };
}

/** @param {string} text */
const isNone = (text) => ["none", pgettext("language", "none")].includes(text.toLowerCase());
