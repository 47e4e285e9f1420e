// The picture at the pointer: one tile of the sheet that the portal made of a video.
/** @typedef {import("./model.js").Strip} Strip */

export class PointerPicture {
  #element;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /**
   * Show the tile at a time. Returns whether there is one.
   * @param {Strip | null} strip
   * @param {number} time in seconds
   */
  show(strip, time) {
    this.#element.hidden = !strip;
    if (!strip) return false;
    const { left, top } = findTile(strip, time);
    const { style } = this.#element;
    style.width = `${strip.width}px`;
    style.height = `${strip.height}px`;
    const sheet = `url("${strip.url}")`;
    if (style.backgroundImage !== sheet) style.backgroundImage = sheet; // loaded when it is needed first
    style.backgroundPosition = `${-left}px ${-top}px`;
    return true;
  }
}

/**
 * Return where the tile of a time is in the sheet, in pixels.
 * @param {Strip} strip
 * @param {number} time in seconds
 */
export function findTile({ width, height, columns, count, interval }, time) {
  const tile = Math.max(0, Math.min(count - 1, Math.floor(time / interval)));
  return { left: (tile % columns) * width, top: Math.floor(tile / columns) * height };
}
