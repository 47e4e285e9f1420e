// The sound of one file: an audio element whose volume the mixer controls.
import { Aim } from "./aim.js";
import { DriftMeter } from "./drift.js";
import { getSound } from "./model.js";
import { recoverFromErrors } from "./recovery.js";

/** @typedef {import("./model.js").PlayerFile} PlayerFile */

const RAMP = 0.03; // seconds; shorter ones click
const ALIGNED = 0.02; // seconds
const NEAR = 0.2; // seconds

export class Sound {
  /** @type {PlayerFile} */
  file;
  element = new Audio();
  hasFailed = false;
  #meter = new DriftMeter();
  #aim = new Aim();
  #gain;
  #isFileItself = false;

  /**
   * @param {PlayerFile} file
   * @param {AudioContext} context
   * @param {AudioNode} destination
   */
  constructor(file, context, destination) {
    this.file = file;
    // A store that sends the bytes itself is another origin, whose sound is silent here without this.
    this.element.crossOrigin = "anonymous";
    this.element.preload = "auto";
    this.source = getSound(file);
    recoverFromErrors(this.element);
    this.element.src = this.source;
    this.#gain = new GainNode(context, { gain: 0 });
    context.createMediaElementSource(this.element).connect(this.#gain).connect(destination);
    this.element.addEventListener("error", () => {
      this.hasFailed = true;
    });
    this.element.addEventListener("loadedmetadata", () => {
      this.hasFailed = false; // its file is available again
    });
    this.element.addEventListener("unavailable", () => this.#playFile());
  }

  /** Play the file itself, if it is its separate sound that cannot be fetched. */
  #playFile() {
    const { element, file } = this;
    if (this.#isFileItself || !file.url || file.url === this.source) return;
    this.#isFileItself = true;
    const { playbackRate } = element;
    this.hasFailed = false;
    this.#aim.reset();
    this.#meter.reset();
    element.src = file.url;
    element.playbackRate = playbackRate; // a new file begins with 1
  }

  /** Whether it can play at the time where it is: also if there is nothing to play. */
  get isPrepared() {
    return this.hasFailed || this.hasEnded || (!this.element.seeking && this.element.readyState >= 3);
  }

  /** Whether it will probably play to its end without waiting for bytes. */
  get hasReserve() {
    return this.hasFailed || this.hasEnded || this.element.readyState === HTMLMediaElement.HAVE_ENOUGH_DATA;
  }

  /** Whether it plays, or has nothing to play. */
  get isRunning() {
    return this.hasFailed || this.hasEnded || (this.isPrepared && !this.element.paused);
  }

  get hasEnded() {
    const { currentTime, duration } = this.element;
    return Number.isFinite(duration) && currentTime >= duration - 0.05;
  }

  /** Whether it plays so near a time that it catches up. @param {number} time */
  isNear(time) {
    return !this.element.paused && Math.abs(this.element.currentTime - time) < NEAR;
  }

  /** @param {number} level factor of the volume */
  fade(level) {
    const now = this.#gain.context.currentTime;
    this.#gain.gain.cancelScheduledValues(now);
    this.#gain.gain.setValueAtTime(this.#gain.gain.value, now);
    this.#gain.gain.linearRampToValueAtTime(level, now + RAMP);
  }

  /** @param {number} time */
  seek(time) {
    this.#aim.reset();
    this.#set(time);
  }

  /** @param {number} time */
  #set(time) {
    this.#meter.reset();
    if (Math.abs(this.element.currentTime - time) > 0.001) this.element.currentTime = time;
  }

  /**
   * Return whether it can start with the picture; if it is at another time, seek.
   * @param {number} time
   */
  align(time) {
    if (this.hasFailed || (this.hasEnded && time >= this.element.duration - ALIGNED)) return true;
    if (Math.abs(this.element.currentTime - time) > ALIGNED) this.seek(time);
    return this.isPrepared;
  }

  /**
   * Play beside the running picture, which is at a time.
   * @param {number} time
   */
  start(time) {
    const { element } = this;
    if (!element.paused || this.hasFailed || !this.isPrepared) return;
    if (element.duration <= time) {
      if (!this.hasEnded) this.seek(time); // to its end
      return;
    }
    const step = this.#aim.decide(element.currentTime - time);
    if (step === "seek") this.#set(this.#aim.begin(time, element.duration));
    if (step !== "start" || this.hasEnded) return;
    this.#aim.reset();
    this.#meter.reset();
    element.play().catch(() => {}); // a pause came first
  }

  /**
   * Keep it at the picture's time.
   * @param {number} time
   * @param {number} rate
   * @param {boolean} isAudible
   */
  follow(time, rate, isAudible) {
    if (this.element.paused || this.element.seeking) return;
    const { mustSeek, factor } = this.#meter.add(this.element.currentTime - time, isAudible);
    if (mustSeek && isAudible)
      this.seek(time); // the picture waits for it
    else if (mustSeek) this.element.pause(); // it joins again
    if (Math.abs(this.element.playbackRate - rate * factor) > 1e-4) this.element.playbackRate = rate * factor;
  }

  dispose() {
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
    this.#gain.disconnect();
  }
}
