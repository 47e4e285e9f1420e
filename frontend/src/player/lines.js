// The lines beside the picture: the current one is marked and in view, a click jumps to it.

import { create, find } from "../dom.js";
import { gettext } from "../i18n.js";
import { findLine } from "./line-times.js";
import { formatTime } from "./timecode.js";

/** @typedef {{start: number | null, end: number | null, speaker: string, source: string, text: string, audio: string}} Line times in milliseconds */
/** @typedef {{language: string, isSource: boolean, isRightToLeft: boolean}} Column */
/** @typedef {{columns: Column[], rows: Line[], subtitles: import("./model.js").Subtitle[]}} LineTable */

const FAILED = gettext("The lines could not be loaded. Reload the page.");
const EMPTY = gettext("There are no lines in this language.");
const OWN_SCROLLING = 4000; // milliseconds for which the list stays where the reader scrolled it
const LONG = 300; // lines from which those out of view are not drawn

export class LineList {
  #list;
  /** @type {Line[]} */
  #lines = [];
  /** @type {HTMLElement[]} */
  #items = [];
  #current = -1;
  #scrolledAt = -Infinity;
  /** @type {AbortController | null} */
  #loading = null;

  /**
   * @param {HTMLElement} list
   * @param {AbortSignal} signal ends what is being loaded
   */
  constructor(list, signal) {
    this.#list = list;
    signal.addEventListener("abort", () => this.#loading?.abort());
    for (const name of ["wheel", "touchmove", "pointerdown"]) {
      list.addEventListener(name, () => this.holdScroll(), { passive: true });
    }
  }

  get lines() {
    return this.#lines;
  }

  get current() {
    return this.#current;
  }

  /** Leave the list where it is for some seconds. */
  holdScroll() {
    this.#scrolledAt = performance.now();
  }

  /**
   * Load the lines of a language. Returns them with the subtitles, or null.
   * @param {string} url
   * @param {string} note that there are none
   * @returns {Promise<LineTable | null>}
   */
  async load(url, note) {
    this.#loading?.abort();
    this.#loading = new AbortController();
    try {
      const response = await fetch(url, { signal: this.#loading.signal });
      // After a sign-out the response is the sign-in page.
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const table = await response.json();
      this.#show(table, note);
      return table;
    } catch (error) {
      if (error instanceof Error && error.name === "AbortError") return null;
      this.#list.replaceChildren(create("li", "player-lines-note", FAILED));
      return null;
    }
  }

  /**
   * @param {LineTable} table
   * @param {string} note
   */
  #show({ columns, rows }, note) {
    this.#lines = rows;
    this.#current = -1;
    this.#items = rows.map((line, at) => createItem(line, at, columns));
    this.#list.classList.toggle("is-long", rows.length > LONG);
    this.#list.replaceChildren(...this.#items);
    if (!rows.length) this.#list.append(create("li", "player-lines-note", note || EMPTY));
  }

  /**
   * Mark the line at a time. Returns whether another one is marked now.
   * @param {number} time in seconds
   */
  mark(time) {
    const at = findLine(this.#lines, time * 1000);
    if (at === this.#current) return false;
    this.#items[this.#current]?.removeAttribute("aria-current");
    this.#current = at;
    const item = this.#items[at];
    item?.setAttribute("aria-current", "true");
    if (item && performance.now() - this.#scrolledAt > OWN_SCROLLING) this.#reveal(item);
    return true;
  }

  /** Scroll the list, but not the page. @param {HTMLElement} item */
  #reveal(item) {
    const top = item.offsetTop; // within the list, which is positioned
    const { scrollTop, clientHeight } = this.#list;
    if (top >= scrollTop + item.offsetHeight && top + 2 * item.offsetHeight <= scrollTop + clientHeight) return;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#list.scrollTo({ top: top - clientHeight / 3, behavior: isCalm ? "auto" : "smooth" });
  }

  /** @param {number} looped index of the line that is looped, or -1 */
  markLoop(looped) {
    for (const button of this.#list.querySelectorAll("[data-loop-line][aria-pressed=true]"))
      button.setAttribute("aria-pressed", "false");
    this.#items[looped]?.querySelector("[data-loop-line]")?.setAttribute("aria-pressed", "true");
  }
}

/**
 * @param {Line} line
 * @param {number} at
 * @param {Column[]} columns
 */
function createItem(line, at, columns) {
  const item = create("li", "player-line");
  item.dataset.line = String(at);
  const time = line.start === null ? "" : formatTime(line.start / 1000, { hasTenths: true });
  const jump = create("button", "player-line-time", time || String(at + 1));
  jump.type = "button";
  jump.disabled = line.start === null;
  if (time) jump.setAttribute("aria-label", gettext("Play from %(time)s", { time }));
  const texts = create("div", "player-line-texts");
  if (line.speaker) texts.append(createText("player-line-speaker", line.speaker));
  for (const column of columns) {
    const text = column.isSource ? line.source : line.text;
    const isMain = column === columns.at(-1);
    if (text) texts.append(createText(isMain ? "player-line-main" : "player-line-source", text, column));
  }
  const tools = create("div", "player-line-tools");
  if (line.start !== null && line.end !== null)
    tools.append(createTool("loop", "loopLine", String(at), gettext("Loop the line at %(time)s", { time })));
  if (line.audio)
    tools.append(createTool("wave", "playFile", line.audio, gettext("Play the generated audio of this line")));
  item.append(jump, texts, tools);
  return item;
}

/**
 * @param {string} className
 * @param {string} text
 * @param {Column} [column]
 */
function createText(className, text, column) {
  const element = create("p", className, text);
  element.dir = column?.language ? (column.isRightToLeft ? "rtl" : "ltr") : "auto";
  if (column?.language) element.lang = column.language;
  return element;
}

/**
 * Return a button; its icon is a copy of one in the page's template.
 * @param {string} icon
 * @param {string} key of its data attribute
 * @param {string} value
 * @param {string} label
 */
function createTool(icon, key, value, label) {
  const button = create("button", "icon-button");
  button.type = "button";
  button.dataset[key] = value;
  button.title = label;
  button.setAttribute("aria-label", label);
  button.setAttribute("aria-pressed", "false");
  const symbol = find(document, "#player-lines-icons", HTMLTemplateElement).content.querySelector(
    `[data-icon="${icon}"] svg`,
  );
  if (symbol) button.append(symbol.cloneNode(true));
  return button;
}
