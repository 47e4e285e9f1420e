// The part of a page that uploads files: phases, progress, failures; pause, resume, cancel.

import { isAbortError } from "../api.js";
import { create, refsOf } from "../dom.js";
import { formatBytes, formatFileCount, showInvisible, sum } from "../format.js";
import { gettext, ngettext } from "../i18n.js";
import { ProgressMeter } from "../progress-meter.js";
import { UploadTitle } from "./upload-title.js";
import { Uploader } from "./uploader.js";

/** @import { UploadUrls } from "./upload-api.js" */
/** @import { ChosenFile, UploadItem } from "./upload-item.js" */
/** @import { Phase } from "./uploader.js" */

/** @type {Phase[]} */
const PHASES = ["hashing", "uploading", "saving"];
const STATUS_TEXTS = {
  "": "",
  hashing: gettext("Reading the files"),
  uploading: gettext("Uploading the files"),
  saving: gettext("All files are uploaded"),
};
const MAX_FAILURES_SHOWN = 200;

export class UploadController {
  /** @type {Uploader | null} */
  uploader = null;
  isBusy = false;
  #isDrawing = false;
  #form;
  #ref;
  #urls;
  #onItem;
  #onCancel;
  #meter;
  #title = new UploadTitle(() => this.#describeTitle());

  /**
   * @param {HTMLFormElement} form contains uploads/_progress.html and the buttons
   * @param {object} options
   * @param {UploadUrls & {hashWorker: string}} options.urls
   * @param {(item: UploadItem) => void} [options.onItem] an item changed
   * @param {() => void | Promise<void>} [options.onCancel] the user cancelled
   */
  constructor(form, { urls, onItem = () => {}, onCancel = () => {} }) {
    this.#form = form;
    this.#ref = refsOf(form);
    this.#urls = urls;
    this.#onItem = onItem;
    this.#onCancel = onCancel;
    this.#meter = new ProgressMeter(this.#ref("meter"));
    this.#ref("pause").addEventListener("click", () => this.#pause());
    this.#ref("resume").addEventListener("click", () => this.#resume());
    this.#ref("cancel").addEventListener("click", () => this.#cancel());
    addEventListener("beforeunload", (event) => {
      if (this.isBusy && this.uploader) event.preventDefault();
    });
  }

  /**
   * Upload files, or resume the upload of the same list. Throws an AbortError when cancelled.
   * @param {ChosenFile[]} files
   * @returns {Promise<Uploader | null>} null where files failed, which are listed then
   */
  async upload(files) {
    this.uploader ??= this.#createUploader(files);
    const { uploader } = this;
    this.#show("upload", true);
    this.#show("failures", false);
    try {
      if (await uploader.run()) {
        this.#enter("saving");
        return uploader;
      }
      this.#listFailures(uploader.failed);
      return null;
    } catch (error) {
      if (isAbortError(error)) this.uploader = null;
      throw error;
    }
  }

  /** @param {ChosenFile[]} files */
  #createUploader(files) {
    return new Uploader(files, {
      urls: this.#urls,
      listener: {
        onItem: (item) => {
          this.#onItem(item);
          this.#draw();
        },
        onPhase: (phase) => this.#enter(phase),
        onWaiting: (reason) => this.#showWaiting(reason),
        onSignedOut: () => this.#showSignedOut(),
      },
    });
  }

  /**
   * Forget the upload, because other files are chosen.
   * @param {{isDiscarded?: boolean}} [options] isDiscarded: also delete it on the server
   */
  reset({ isDiscarded = false } = {}) {
    const { uploader } = this;
    this.uploader = null;
    this.#show("upload", false);
    this.#show("failures", false);
    if (isDiscarded) uploader?.cancel();
  }

  /**
   * Clean up and open the page that shows what the upload became.
   * @param {string} url
   */
  async leave(url) {
    const { uploader } = this;
    this.uploader = null;
    await uploader?.finish();
    location.assign(url);
  }

  /**
   * Show the buttons for work in progress, or those that start it.
   * @param {boolean} isBusy
   */
  setBusy(isBusy) {
    const hasFocus = this.#form.contains(document.activeElement);
    this.isBusy = isBusy;
    if (!isBusy) this.#meter.stop();
    this.#ref("drop-zone").inert = isBusy;
    this.#show("signed-out", false);
    this.#showWaiting("");
    this.#title.show();
    this.#showButtons();
    const startButton = this.#ref("failures").hidden ? "submit" : "retry";
    if (hasFocus) this.#focus(isBusy ? "pause" : startButton);
  }

  // ---- Buttons ----

  #pause() {
    this.uploader?.pause();
    this.#title.show();
    this.#meter.stop();
    this.#showButtons();
    this.#showStatus(gettext("Paused"));
    this.#focus("resume");
  }

  #resume() {
    this.#show("signed-out", false);
    this.#meter.restart();
    this.uploader?.resume();
    this.#title.show();
    this.#showButtons();
    this.#showStatus(STATUS_TEXTS[this.uploader?.phase ?? ""]);
    this.#focus("pause");
  }

  async #cancel() {
    const { uploader } = this;
    this.reset();
    this.#showStatus(gettext("Cancelled"));
    await this.#onCancel();
    await uploader?.cancel();
  }

  #showButtons() {
    const isPaused = this.uploader?.isPaused ?? false;
    const isUploading = this.isBusy && this.uploader !== null;
    const canPause = isUploading && this.uploader?.phase !== "saving";
    /** @type {NodeListOf<HTMLElement>} */
    const startButtons = this.#form.querySelectorAll("[data-start]");
    for (const button of startButtons) button.hidden = this.isBusy;
    this.#show("pause", canPause && !isPaused);
    // A pause just before the save takes effect in that phase, so it must be possible to resume there.
    this.#show("resume", isUploading && isPaused);
    this.#show("cancel", canPause || (isUploading && isPaused));
    this.#ref("upload").classList.toggle("paused", isPaused);
  }

  /**
   * Move the focus from a button that was hidden to the one that replaced it.
   * @param {string} name
   */
  #focus(name) {
    const button = this.#ref(name, HTMLButtonElement);
    const { activeElement } = document;
    const isLost = activeElement === document.body || (activeElement instanceof HTMLElement && activeElement.hidden);
    if (isLost && !button.hidden && !button.disabled) button.focus({ preventScroll: true });
  }

  // ---- Display ----

  /** @param {Phase} phase */
  #enter(phase) {
    if (!this.uploader) return;
    this.uploader.phase = phase;
    this.#title.show();
    this.#markPhase(phase);
    this.#showStored(this.uploader.stored);
    this.#meter.restart();
    this.#showStatus(STATUS_TEXTS[phase]);
    this.#showButtons();
    if (this.#form.contains(document.activeElement) || document.activeElement === document.body) this.#focus("pause");
    this.#draw();
  }

  /** @param {Phase} phase */
  #markPhase(phase) {
    const current = PHASES.indexOf(phase);
    for (const [index, name] of PHASES.entries()) {
      const step = this.#form.querySelector(`[data-phase="${name}"]`);
      step?.classList.toggle("done", index < current);
      if (index === current) step?.setAttribute("aria-current", "step");
      else step?.removeAttribute("aria-current");
    }
  }

  /** @param {UploadItem[]} stored */
  #showStored(stored) {
    this.#show("stored", stored.length > 0);
    this.#ref("stored").textContent = gettext("%(files)s, %(size)s, already stored.", {
      files: formatFileCount(stored.length),
      size: formatBytes(sum(stored.map((item) => item.size))),
    });
  }

  #describeTitle() {
    const { uploader } = this;
    if (!this.isBusy || !uploader || uploader.phase === "saving") return null;
    const text = uploader.isPaused ? gettext("Paused") : STATUS_TEXTS[uploader.phase];
    return { ...uploader.progress, text };
  }

  /** Draw the progress, at most once per frame. */
  #draw() {
    this.#title.schedule();
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      if (!this.uploader) return;
      const { done, total } = this.uploader.progress;
      this.#meter.show(done, total);
      if (!this.isBusy || this.uploader.isPaused) this.#meter.stop();
    });
  }

  /** @param {string} reason "": the wait is over */
  #showWaiting(reason) {
    this.#show("waiting", reason !== "");
    const text = this.#ref("waiting-text");
    if (text.textContent !== reason) text.textContent = reason;
  }

  #showSignedOut() {
    this.#show("signed-out", true);
    this.#showWaiting("");
    this.#title.show();
    this.#meter.stop();
    this.#showButtons();
  }

  /** @param {UploadItem[]} failed */
  #listFailures(failed) {
    const lines = failed.slice(0, MAX_FAILURES_SHOWN).map((item) => `${showInvisible(item.path)}: ${item.error}`);
    const rest = failed.length - lines.length;
    if (rest) lines.push(ngettext("… and %(count)s file more.", "… and %(count)s files more.", rest));
    this.#ref("failures-title").textContent = ngettext(
      "%(count)s file could not be uploaded",
      "%(count)s files could not be uploaded",
      failed.length,
    );
    this.#ref("failures-list").replaceChildren(...lines.map((line) => create("li", "", line)));
    this.#show("failures", true);
  }

  /**
   * @param {string} name
   * @param {boolean} isShown
   */
  #show(name, isShown) {
    this.#ref(name).hidden = !isShown;
  }

  /** For assistive technology. @param {string} sentence */
  #showStatus(sentence) {
    this.#ref("status").textContent = sentence;
  }
}
