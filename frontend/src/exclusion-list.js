// What a save leaves out by its name, such as .git/ and .DS_Store: folded, with the reasons and a choice.

import { create, refsOf } from "./dom.js";
import { formatBytes, formatFileCount, showInvisible } from "./format.js";
import { gettext } from "./i18n.js";

/** @typedef {{path: string, reason: string, label: string, count: number, size: number}} ExcludedFiles path: of a folder with a slash */

const HIDDEN_FOLDER = "hidden_folder";
const MAX_SHOWN = 100;

export class ExclusionList {
  #ref;
  #box;

  /**
   * @param {HTMLFormElement} form
   * @param {{onChange: () => void}} options onChange: the user includes hidden folders, or leaves them out again
   */
  constructor(form, { onChange }) {
    this.#ref = refsOf(form);
    this.#box = this.#ref("include-hidden", HTMLInputElement);
    this.#box.addEventListener("change", onChange);
  }

  /** Whether files in hidden folders are saved. */
  get includesHidden() {
    return this.#box.checked;
  }

  reset() {
    this.#box.checked = false;
    this.#ref("excluded").hidden = true;
  }

  /** @param {boolean} isBusy */
  setBusy(isBusy) {
    this.#box.disabled = isBusy;
  }

  /** @param {{excluded: ExcludedFiles[], exclusion_summary: string}} preview */
  show({ excluded, exclusion_summary: sentence }) {
    const { includesHidden } = this;
    this.#ref("excluded").hidden = !sentence && !includesHidden;
    this.#ref("exclusion-summary").textContent = showInvisible(sentence) || gettext("Hidden folders are included.");
    const lines = excluded.slice(0, MAX_SHOWN).map(({ path, label, count, size }) => {
      const line = create("li", "wrap", `${showInvisible(path)} `);
      const files = path.endsWith("/") ? `, ${formatFileCount(count)}, ${formatBytes(size)}` : "";
      line.append(create("span", "muted", label + files));
      return line;
    });
    if (excluded.length > MAX_SHOWN) lines.push(create("li", "muted", "…"));
    this.#ref("exclusion-list").replaceChildren(...lines);
    this.#ref("hidden-choice").hidden = !includesHidden && !excluded.some(({ reason }) => reason === HIDDEN_FOLDER);
  }
}
