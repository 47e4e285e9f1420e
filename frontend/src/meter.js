// Shows how far it is: what is done of the whole, the rate and the time left.
import { bytes, duration } from "./format.js";

const WINDOW = 5000;

export class Meter {
  constructor(root) {
    this.root = root;
    this.bar = root.querySelector("progress");
    this.restart();
  }

  // What went before says nothing about the rate of what comes: another phase, or another moment after a pause.
  restart() {
    this.samples = [];
  }

  show(done, total) {
    const percent = total ? Math.floor((done * 100) / total) : 100;
    this.bar.max = total || 1;
    this.bar.value = total ? done : 1;
    this.bar.textContent = `${percent} %`;
    this.put("percent", `${percent}\u00a0%`);
    this.put("bytes", total ? `${bytes(done)} of ${bytes(total)}` : "");
    const rate = this.rate(done);
    this.put("rate", rate ? `${bytes(rate)}/s` : "");
    this.put("left", rate && done < total ? `${duration((total - done) / rate)} left` : "");
  }

  // The mean of the last seconds: one part's hiccup should not make the time left jump.
  rate(done) {
    const now = performance.now();
    this.samples.push([now, done]);
    while (this.samples.length > 2 && now - this.samples[0][0] > WINDOW) this.samples.shift();
    const [at, before] = this.samples[0];
    return now - at > 500 ? Math.max(0, ((done - before) * 1000) / (now - at)) : 0;
  }

  // Nothing moves: how fast it would, and when it would be done, nobody knows.
  stop() {
    this.restart();
    for (const name of ["rate", "left"]) this.put(name, "");
  }

  put(name, text) {
    const place = this.root.querySelector(`[data-meter="${name}"]`);
    if (place.textContent !== text) place.textContent = text;
  }
}
