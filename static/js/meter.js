// Shows how far an upload is: bytes, rate and time left of the whole.
import { bytes, duration } from "./format.js";

const WINDOW = 5000;

export class Meter {
  constructor(root) {
    this.root = root;
    this.bar = root.querySelector("progress");
    this.samples = [];
  }

  show(sent, total) {
    const percent = total ? Math.floor((sent * 100) / total) : 100;
    this.bar.max = total || 1;
    this.bar.value = total ? sent : 1;
    this.bar.textContent = `${percent} %`;
    this.put("percent", `${percent}\u00a0%`);
    this.put("bytes", `${bytes(sent)} of ${bytes(total)}`);
    const rate = this.rate(sent);
    this.put("rate", rate ? `${bytes(rate)}/s` : "");
    this.put("left", rate && sent < total ? `${duration((total - sent) / rate)} left` : "");
  }

  // The mean of the last seconds: one part's hiccup should not make the time left jump.
  rate(sent) {
    const now = performance.now();
    this.samples.push([now, sent]);
    while (this.samples.length > 2 && now - this.samples[0][0] > WINDOW) this.samples.shift();
    const [at, before] = this.samples[0];
    return now - at > 500 ? Math.max(0, ((sent - before) * 1000) / (now - at)) : 0;
  }

  put(name, text) {
    const place = this.root.querySelector(`[data-meter="${name}"]`);
    if (place.textContent !== text) place.textContent = text;
  }
}
