// The question about chosen files that cannot be saved: they are listed, and the user decides to save without them.

import { create, refsOf } from "./dom.js";
import { ngettext } from "./i18n.js";

/** @import { UnreadableItem } from "./drop-zone.js" */
/** @import { PlacedFile } from "./placements.js" */

const MAX_SHOWN = 20;

export class RefusedFiles {
  /** Whether nothing is refused, or the user saves without it. */
  isDecided = true;
  #ref;

  /**
   * @param {HTMLFormElement} form
   * @param {{onSaveWithout: () => void}} options
   */
  constructor(form, { onSaveWithout }) {
    this.#ref = refsOf(form);
    this.#ref("save-without").addEventListener("click", () => {
      this.hide();
      onSaveWithout();
    });
  }

  /**
   * @param {PlacedFile[]} placed
   * @param {{canSave: boolean, unreadable: UnreadableItem[]}} options whether there are other files, and what the browser
   *   cannot read
   */
  show(placed, { canSave, unreadable }) {
    const messages = unreadable.map(({ message }) => message);
    for (const { refusal } of placed) if (refusal) messages.push(refusal.message);
    this.isDecided = messages.length === 0;
    if (this.isDecided) return this.hide();
    const lines = messages.slice(0, MAX_SHOWN);
    const rest = messages.length - lines.length;
    if (rest) lines.push(ngettext("… and %(count)s file more.", "… and %(count)s files more.", rest));
    this.#ref("refused-title").textContent = ngettext(
      "%(count)s file cannot be saved",
      "%(count)s files cannot be saved",
      messages.length,
    );
    this.#ref("refused-list").replaceChildren(...lines.map((line) => create("li", "wrap", line)));
    this.#ref("save-without", HTMLButtonElement).disabled = !canSave;
    this.#ref("refused").hidden = false;
  }

  hide() {
    this.isDecided = true;
    this.#ref("refused").hidden = true;
  }
}
