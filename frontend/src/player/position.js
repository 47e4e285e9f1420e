// The bar of the position: a slider that pointer and keys move, with the picture at the pointer.
import { gettext } from "../i18n.js";
import { PointerPicture } from "./pointer-picture.js";
import { describeTime, formatTime } from "./timecode.js";

/** @typedef {import("./model.js").Strip} Strip */
/** @typedef {import("./time-view.js").TimeView} TimeView */
/** @typedef {{start: number, end: number}} Loop in seconds */

const SMALL = 5; // seconds of an arrow key
const LARGE = 30; // of Page Up and Page Down
const WHEEL = 800; // pixels of the wheel that move the view by its length

export class PositionBar {
  #bar;
  #hint;
  #picture;
  #view;
  #getDuration;
  #getStrip;
  #onSeek;
  #isDragged = false;
  #shown = -1;
  /** @type {Loop | null} */
  #loop = null;

  /**
   * @param {HTMLElement} bar with role=slider; its custom properties --played and --loop-start, --loop-end are fractions of the view
   * @param {object} options
   * @param {HTMLElement} options.hint time at the pointer
   * @param {HTMLElement} options.picture picture at the pointer
   * @param {TimeView} options.view part of the length that is shown
   * @param {() => number} options.getDuration
   * @param {() => Strip | null} options.getStrip pictures of the file that is shown
   * @param {(time: number) => void} options.onSeek
   */
  constructor(bar, { hint, picture, view, getDuration, getStrip, onSeek }) {
    this.#bar = bar;
    this.#hint = hint;
    this.#picture = new PointerPicture(picture);
    this.#view = view;
    this.#getDuration = getDuration;
    this.#getStrip = getStrip;
    this.#onSeek = onSeek;
    bar.addEventListener("pointerdown", (event) => this.#start(event));
    bar.addEventListener("pointermove", (event) => this.#move(event));
    bar.addEventListener("pointerup", () => this.#end());
    bar.addEventListener("pointercancel", () => this.#end());
    bar.addEventListener("keydown", (event) => this.#press(event));
    bar.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
    view.addEventListener("change", () => this.#render());
  }

  /** @param {MouseEvent} event */
  #read(event) {
    const { left, width } = this.#bar.getBoundingClientRect();
    return this.#view.toTime(Math.max(0, Math.min(1, (event.clientX - left) / (width || 1))));
  }

  /** @param {PointerEvent} event */
  #start(event) {
    if (event.button !== 0) return;
    this.#bar.setPointerCapture(event.pointerId);
    this.#isDragged = true;
    this.#bar.classList.add("is-dragged");
    this.#point(this.#read(event));
    this.#onSeek(this.#read(event));
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const time = this.#read(event);
    this.#point(time);
    if (this.#isDragged) this.#onSeek(time);
  }

  /** @param {number} time */
  #point(time) {
    this.#hint.textContent = formatTime(time, { hasTenths: true });
    this.#bar.style.setProperty("--pointer", String(this.#view.toFraction(time)));
    this.#bar.classList.toggle("has-picture", this.#picture.show(this.#getStrip(), time));
  }

  #end() {
    this.#isDragged = false;
    this.#bar.classList.remove("is-dragged");
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const duration = this.#getDuration();
    const small = event.shiftKey ? 1 : SMALL;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowLeft: this.#shown - small,
      ArrowDown: this.#shown - small,
      ArrowRight: this.#shown + small,
      ArrowUp: this.#shown + small,
      PageDown: this.#shown - LARGE,
      PageUp: this.#shown + LARGE,
      Home: 0,
      End: duration,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#onSeek(Math.max(0, Math.min(target, duration)));
  }

  /** Zoom with Ctrl, or move the part that is shown sideways. @param {WheelEvent} event */
  #turn(event) {
    if (!this.#bar.classList.contains("has-wave")) return;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey) this.#view.zoom(event.deltaY < 0 ? 1 : -1, this.#read(event));
    else if (this.#view.isZoomed && Math.abs(sideways) > 0) this.#view.pan(sideways / WHEEL);
    else return;
    event.preventDefault();
  }

  /**
   * @param {number} time
   * @param {Loop | null} loop
   */
  show(time, loop) {
    const duration = this.#getDuration();
    if (time !== this.#shown && !this.#isDragged) this.#view.follow(time);
    this.#shown = time;
    this.#loop = loop;
    this.#render();
    this.#bar.setAttribute("aria-valuemax", duration.toFixed(1));
    this.#bar.setAttribute("aria-valuenow", time.toFixed(1));
    this.#bar.setAttribute(
      "aria-valuetext",
      gettext("%(time)s of %(duration)s", { time: describeTime(time), duration: describeTime(duration) }),
    );
  }

  #render() {
    const { style } = this.#bar;
    const place = (/** @type {number} */ time) => String(Math.max(0, Math.min(1, this.#view.toFraction(time))));
    style.setProperty("--played", place(this.#shown));
    style.setProperty("--loop-start", this.#loop ? place(this.#loop.start) : "0");
    style.setProperty("--loop-end", this.#loop ? place(this.#loop.end) : "0");
    style.setProperty("--part-start", String(this.#view.start / (this.#getDuration() || 1)));
    style.setProperty("--part-length", String(1 / this.#view.factor));
    this.#bar.classList.toggle("is-zoomed", this.#view.isZoomed);
  }
}
