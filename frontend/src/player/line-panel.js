// The panel of lines beside the picture: loads those of the audible language, jumps, repeats one.
import { LineList } from "./lines.js";

/** @typedef {import("./player.js").Player} Player */

export class LinePanel {
  #player;
  #signal;
  /** @type {LineList | null} */
  #list = null;
  #looped = -1;
  #hasReadTexts;

  /**
   * @param {Player} player
   * @param {AbortSignal} signal ends the connection
   */
  constructor(player, signal) {
    this.#player = player;
    this.#signal = signal;
    this.#hasReadTexts = player.data.hasReadTexts;
    document.addEventListener("click", (event) => this.#click(event), { signal });
    player.addEventListener("language", () => {
      player.setLoop(null);
      this.#load();
    });
    this.attach();
  }

  /** Use the panel that the page has now: it comes when texts were read, and is replaced by newer ones. */
  attach() {
    if (this.#signal.aborted) return;
    const list = document.querySelector("#player-lines ol");
    this.#list = list instanceof HTMLElement ? new LineList(list, this.#signal) : null;
    this.#load();
  }

  get current() {
    return this.#list?.current ?? -1;
  }

  async #load() {
    const { data, language } = this.#player;
    const url = `${data.lines}?language=${encodeURIComponent(language.tag)}`;
    const table = await this.#list?.load(url, language.noLines);
    if (table) this.#player.setSubtitles(table.subtitles);
  }

  /** Load the lines again once all texts were read: some of them may have been unread before. */
  setTextsRead() {
    if (this.#hasReadTexts) return;
    this.#hasReadTexts = true;
    this.#load();
  }

  /** Mark the line at a time. Returns whether another one is marked now. @param {number} time */
  mark(time) {
    return this.#list?.mark(time) ?? false;
  }

  markLoop() {
    this.#list?.markLoop(this.#player.loop ? this.#looped : -1);
  }

  /** Repeat a line, or no longer. */
  toggleLoop(at = this.current) {
    const player = this.#player;
    const line = this.#list?.lines[at];
    if (!line || line.start === null || line.end === null) return;
    if (player.loop && this.#looped === at) {
      player.setLoop(null);
      return;
    }
    this.#looped = at;
    const loop = { start: line.start / 1000, end: line.end / 1000 };
    if (player.transport.time < loop.start || player.transport.time >= loop.end) player.seek(loop.start);
    player.setLoop(loop);
    player.play();
  }

  /** Go to the line that is some lines away from the current one. @param {number} step */
  goTo(step) {
    const line = this.#list?.lines[Math.max(0, this.current + step)];
    if (line && line.start !== null) this.#player.seek(line.start / 1000);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {Element} */ (event.target);
    const item = target.closest("#player-lines [data-line]");
    if (!(item instanceof HTMLElement) || target.closest("[data-play-file]")) return;
    const at = Number(item.dataset.line);
    if (target.closest("[data-loop-line]")) {
      this.toggleLoop(at);
      return;
    }
    const start = this.#list?.lines[at]?.start;
    const isSelecting = !getSelection()?.isCollapsed;
    if (start === undefined || start === null || isSelecting) return;
    this.#player.seek(start / 1000);
    this.#player.play();
  }
}
