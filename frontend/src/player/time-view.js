// The part of the picture's length that the bar of the position shows: all of it, or less after zooming.

const STEP = 2;
const SHORTEST = 4; // seconds that are shown at least
const LARGEST = 64; // times the whole
const LEAD = 0.1; // part of the view before the time that it follows

/** Dispatches `change` when another part is shown. */
export class TimeView extends EventTarget {
  #getDuration;
  #factor = 1;
  #start = 0; // seconds

  /** @param {() => number} getDuration in seconds */
  constructor(getDuration) {
    super();
    this.#getDuration = getDuration;
  }

  /** How many times the whole is enlarged. */
  get factor() {
    return this.#factor;
  }

  get isZoomed() {
    return this.#factor > 1;
  }

  /** Seconds from the start of the picture to the start of the view. */
  get start() {
    return this.#start;
  }

  /** Its length in seconds. */
  get length() {
    return this.#getDuration() / this.#factor;
  }

  get largestFactor() {
    let factor = 1;
    while (factor < LARGEST && this.#getDuration() / (factor * STEP) >= SHORTEST) factor *= STEP;
    return factor;
  }

  /**
   * Show more or less around a time, which stays where it is.
   * @param {number} direction 1 for less, -1 for more
   * @param {number} time in seconds
   */
  zoom(direction, time) {
    const factor = Math.max(1, Math.min(this.largestFactor, this.#factor * STEP ** direction));
    const at = this.includes(time) ? this.toFraction(time) : 0.5;
    this.#set(factor, time - (at * this.#getDuration()) / factor);
  }

  reset() {
    this.#set(1, 0);
  }

  /**
   * Show another part of the same length.
   * @param {number} fraction of the view, negative for an earlier part
   */
  pan(fraction) {
    this.#set(this.#factor, this.#start + fraction * this.length);
  }

  /** @param {number} time */
  includes(time) {
    return time >= this.#start && time <= this.#start + this.length;
  }

  /** Turn to the part with a time, if it is not shown. @param {number} time */
  follow(time) {
    if (this.isZoomed && !this.includes(time)) this.#set(this.#factor, time - LEAD * this.length);
  }

  /** Return where a time is shown: 0 at the start of the view, 1 at its end. @param {number} time */
  toFraction(time) {
    return this.length ? (time - this.#start) / this.length : 0;
  }

  /** @param {number} fraction */
  toTime(fraction) {
    return this.#start + fraction * this.length;
  }

  /**
   * @param {number} factor
   * @param {number} start
   */
  #set(factor, start) {
    const duration = this.#getDuration();
    const allowed = Math.max(0, Math.min(start, duration - duration / factor));
    if (factor === this.#factor && allowed === this.#start) return;
    [this.#factor, this.#start] = [factor, allowed];
    this.dispatchEvent(new Event("change"));
  }
}
