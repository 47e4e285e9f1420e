// Notices and errors of the page that saves, and the offer to save on top of a newer version.
import { ApiError, fillUrl } from "./api.js";
import { refsOf } from "./dom.js";
import { showMessage } from "./error-message.js";

/** @typedef {{code: string, parent: number, base?: number}} SaveTarget base: the version that the files were changed from, after a conflict */

export class SaveMessages {
  #ref;
  #session;
  #sessionUrl;
  #onSaveOnTop;

  /**
   * @param {HTMLFormElement} form
   * @param {object} options
   * @param {SaveTarget | null} options.session null for a new one
   * @param {string} options.sessionUrl
   * @param {() => void} options.onSaveOnTop
   */
  constructor(form, { session, sessionUrl, onSaveOnTop }) {
    this.#ref = refsOf(form);
    this.#session = session;
    this.#sessionUrl = sessionUrl;
    this.#onSaveOnTop = onSaveOnTop;
  }

  /** @param {string} sentence "": none */
  showNotice(sentence) {
    this.#ref("notice-text").textContent = sentence;
    this.#ref("notice").hidden = !sentence;
  }

  hideError() {
    this.#ref("error").hidden = true;
  }

  /** @param {unknown} error */
  showError(error) {
    this.#ref("error").hidden = false;
    showMessage(this.#ref("error-text"), error);
    const current = error instanceof ApiError && error.code === "conflict" ? error.problem.current : undefined;
    this.#ref("conflict").hidden = current === undefined;
    if (current !== undefined && this.#session) this.#showConflict(this.#session, current);
    this.#ref("error").scrollIntoView({ block: "nearest" });
    if (!(error instanceof ApiError)) throw error;
  }

  /**
   * Offer to save on top of a version that was saved in the meantime.
   * @param {SaveTarget} target
   * @param {number} current
   */
  #showConflict(target, current) {
    this.#ref("conflict-number").textContent = String(current);
    this.#ref("conflict-link", HTMLAnchorElement).href = fillUrl(this.#sessionUrl, target.code);
    this.#ref("save-on-top").onclick = () => {
      target.base ??= target.parent;
      target.parent = current;
      this.#onSaveOnTop();
    };
  }
}
