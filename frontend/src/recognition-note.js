// What was recognized about the chosen files: their tools, damage of the metadata, and questions to the user.

import { create } from "./dom.js";
import { showInvisible } from "./format.js";
import { gettext } from "./i18n.js";
import { createLanguageChoice, createLanguageStatement } from "./spoken-language.js";

/** @import { PlacementPreview, Question } from "./placements.js" */

const GENERIC = "generic";

/**
 * @param {HTMLElement} root
 * @param {PlacementPreview} preview
 * @param {object} options
 * @param {string | null} options.spoken tag of the language that the user has stated
 * @param {(path: string) => void} options.onSource the user chose the source, a path in the session
 * @param {(tag: string | null) => void} options.onLanguage the user stated the spoken language; null: asks again
 */
export function showRecognition(root, { tools, questions, warnings }, { spoken, onSource, onLanguage }) {
  const named = tools.filter((tool) => tool !== GENERIC);
  const notes = [
    ...(named.length
      ? [create("p", "muted small-text", gettext("Recognized: %(tools)s.", { tools: named.join(", ") }))]
      : []),
    ...warnings.map((warning) =>
      createBanner(`${showInvisible(warning)} ${gettext("The file itself is kept.")}`, "warn"),
    ),
    ...(spoken === null ? [] : [createLanguageStatement(spoken, () => onLanguage(null))]),
    ...questions.map((question) => createQuestion(question, { onSource, onLanguage })),
  ];
  root.replaceChildren(...notes);
  root.hidden = notes.length === 0;
}

/**
 * @param {Question} question
 * @param {{onSource: (path: string) => void, onLanguage: (tag: string) => void}} handlers
 */
function createQuestion(question, { onSource, onLanguage }) {
  const { code, text, choices } = question;
  if (code === "source_language") {
    const banner = createBanner(text);
    banner.append(createLanguageChoice(question, onLanguage));
    return banner;
  }
  if (code !== "source_ambiguous" || !choices.length) {
    const [path] = choices.map(showInvisible);
    const advice = path ? ` ${gettext("Correct the labels below if it is not %(path)s.", { path })}` : "";
    return createBanner(`${text}${advice}`);
  }
  const banner = createBanner(text);
  const select = create("select");
  select.setAttribute("aria-label", text);
  const none = create("option", "", gettext("Choose the source"));
  none.value = "";
  select.append(none);
  for (const path of choices) {
    const option = create("option", "", showInvisible(path));
    option.value = path;
    select.append(option);
  }
  select.addEventListener("change", () => {
    if (select.value) onSource(select.value);
  });
  banner.append(select);
  return banner;
}

/**
 * @param {string} text
 * @param {string} [kind]
 */
function createBanner(text, kind = "") {
  const banner = create("div", `banner ${kind}`.trim());
  banner.append(create("p", "banner-text wrap", text));
  return banner;
}
