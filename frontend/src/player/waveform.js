// The waveform of the audible sound behind the bar of the position, drawn from measured peaks.
import WaveSurfer from "wavesurfer.js";

/** @typedef {import("./model.js").PlayerFile} PlayerFile */
/** @typedef {import("./time-view.js").TimeView} TimeView */

const STEPS = 127; // of a peak, a signed byte

export class Waveform {
  #bar;
  #container;
  #nonce;
  /** @type {WaveSurfer | null} */
  #drawn = null;
  #shown = "";
  #view;

  /**
   * @param {HTMLElement} bar
   * @param {HTMLElement} container inside the bar
   * @param {string | undefined} nonce of the page, for the style sheet of the drawing
   * @param {TimeView} view part of the length that is shown
   */
  constructor(bar, container, nonce, view) {
    this.#view = view;
    this.#bar = bar;
    this.#container = container;
    this.#nonce = nonce;
    view.addEventListener("change", () => this.#applyView());
    new ResizeObserver(() => this.#applyView()).observe(bar);
  }

  #applyView() {
    if (!this.#drawn?.getDuration()) return;
    const pixels = this.#view.isZoomed ? this.#bar.clientWidth / this.#view.length : 0;
    if (this.#drawn.options.minPxPerSec !== pixels) this.#drawn.zoom(pixels);
    if (pixels) this.#drawn.setScroll(this.#view.start * pixels);
  }

  /**
   * Draw a file's sound along a picture, or nothing while there are no peaks.
   * @param {PlayerFile} file
   * @param {HTMLVideoElement} picture
   * @param {number} duration of the picture, in seconds
   */
  async show(file, picture, duration) {
    const { peaks } = file;
    const key = peaks && duration ? `${peaks.url} ${picture.dataset.path} ${duration}` : "";
    if (key === this.#shown) return;
    this.#shown = key;
    const data = peaks && key ? await loadPeaks(peaks.url) : null;
    if (this.#shown !== key) return; // another language was chosen in the meantime
    this.#drawn?.destroy();
    this.#drawn = null;
    this.#bar.classList.toggle("has-wave", data !== null);
    if (!peaks || !data) {
      this.#view.reset();
      return;
    }
    const colors = getComputedStyle(this.#container);
    this.#drawn = WaveSurfer.create({
      container: this.#container,
      media: picture,
      peaks: spread(data, Math.round(duration * peaks.rate)),
      duration,
      height: "auto",
      waveColor: colors.getPropertyValue("--wave"),
      progressColor: colors.getPropertyValue("--wave-played"),
      cursorColor: colors.getPropertyValue("--wave-cursor"),
      cursorWidth: 2,
      barWidth: 2,
      barGap: 1,
      barRadius: 1,
      normalize: true,
      interact: false,
      hideScrollbar: true,
      autoScroll: false,
      autoCenter: false,
      cspNonce: this.#nonce,
    });
    this.#drawn.on("ready", () => this.#applyView());
  }
}

/** @param {string} url */
async function loadPeaks(url) {
  const response = await fetch(url).catch(() => null);
  return response?.ok && !response.redirected ? new Int8Array(await response.arrayBuffer()) : null;
}

/**
 * Return the greatest and least samples of a picture's length: a sound may be shorter or longer.
 * @param {Int8Array} pairs least and greatest by turns
 * @param {number} count
 */
export function spread(pairs, count) {
  const [greatest, least] = [new Float32Array(count), new Float32Array(count)];
  for (let at = 0; at < Math.min(count, pairs.length >> 1); at++) {
    least[at] = (pairs[2 * at] ?? 0) / STEPS;
    greatest[at] = (pairs[2 * at + 1] ?? 0) / STEPS;
  }
  return [greatest, least];
}
