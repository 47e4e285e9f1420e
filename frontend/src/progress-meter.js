// Show progress: the share done, bytes, rate and time left.

import { find } from "./dom.js";
import { describeTimeLeft, formatBytes, formatPercent } from "./format.js";
import { gettext } from "./i18n.js";

const WINDOW = 5000; // milliseconds over which the rate is averaged
const MIN_WINDOW = 500;

/** Average rate of the last seconds: a delay of one part should not make the time left jump. */
export class RateEstimator {
  /** @type {{at: number, done: number}[]} */
  #samples = [];

  restart() {
    this.#samples = [];
  }

  /**
   * Add a sample and return the rate in bytes per second, 0 while it is unknown.
   * @param {number} at milliseconds
   * @param {number} done bytes
   */
  add(at, done) {
    this.#samples.push({ at, done });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > WINDOW) this.#samples.shift();
    const first = this.#samples[0] ?? { at, done };
    return at - first.at > MIN_WINDOW ? Math.max(0, ((done - first.done) * 1000) / (at - first.at)) : 0;
  }
}

export class ProgressMeter {
  #root;
  #bar;
  #rate = new RateEstimator();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#bar = find(root, "progress", HTMLProgressElement);
  }

  /** Start a new average: after a pause, or in another phase. */
  restart() {
    this.#rate.restart();
  }

  /**
   * @param {number} done bytes
   * @param {number} total bytes
   */
  show(done, total) {
    const percent = total ? Math.floor((done * 100) / total) : 100;
    this.#bar.max = total || 1;
    this.#bar.value = total ? done : 1;
    this.#bar.textContent = formatPercent(percent);
    this.#put("percent", formatPercent(percent));
    this.#put(
      "bytes",
      total ? gettext("%(done)s of %(total)s", { done: formatBytes(done), total: formatBytes(total) }) : "",
    );
    const rate = this.#rate.add(performance.now(), done);
    this.#put("rate", rate ? `${formatBytes(rate)}/s` : "");
    this.#put("left", rate && done < total ? describeTimeLeft((total - done) / rate) : "");
  }

  /** Hide rate and time left while nothing is transferred. */
  stop() {
    this.restart();
    this.#put("rate", "");
    this.#put("left", "");
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  #put(name, text) {
    const element = find(this.#root, `[data-meter="${name}"]`);
    if (element.textContent !== text) element.textContent = text;
  }
}
