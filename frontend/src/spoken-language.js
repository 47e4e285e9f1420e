// The question which language is spoken in the source. The reply is sent with the save, and stays in later versions.

import { create } from "./dom.js";
import { gettext } from "./i18n.js";
import { describeLanguage, readLanguageTag } from "./languages.js";

/** @import { Question } from "./placements.js" */

const MAX_BUTTONS = 6;

/**
 * Return the control of the question: a button for each language of the folder's texts, and a field for any other.
 * @param {Question} question
 * @param {(tag: string) => void} onLanguage
 */
export function createLanguageChoice({ text, choices }, onLanguage) {
  const group = create("div", "language-choice");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", text);
  for (const tag of choices.slice(0, MAX_BUTTONS)) {
    const button = create("button", "button small", describeLanguage(tag));
    button.type = "button";
    button.addEventListener("click", () => onLanguage(tag));
    group.append(button);
  }
  const field = create("input");
  field.placeholder = choices.length ? gettext("Another language") : gettext("Such as English or en");
  field.setAttribute("aria-label", gettext("Another language"));
  field.setAttribute("list", "known-languages");
  field.maxLength = 100;
  field.size = 18;
  field.autocomplete = "off";
  const problem = create("p", "bad-text small-text");
  problem.setAttribute("role", "alert");
  const set = create("button", "button small", gettext("Set"));
  set.type = "button";
  const reply = () => {
    problem.textContent = "";
    if (!field.value.trim()) return field.focus();
    try {
      onLanguage(readLanguageTag(field.value.trim()));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problem.textContent = error.message;
      field.focus();
    }
  };
  set.addEventListener("click", reply);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // it would save
    reply();
  });
  group.append(field, set, problem);
  return group;
}

/**
 * Return a line with the stated language, which can be withdrawn.
 * @param {string} tag
 * @param {() => void} onChange
 */
export function createLanguageStatement(tag, onChange) {
  const statement = gettext("Spoken language: %(language)s.", { language: describeLanguage(tag) });
  const line = create("p", "small-text", `${statement} `);
  const button = create("button", "link-button", gettext("Change"));
  button.type = "button";
  button.setAttribute("aria-label", gettext("Change the spoken language"));
  button.addEventListener("click", onChange);
  line.append(button);
  return line;
}
