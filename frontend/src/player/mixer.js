// The sounds that run: all at the picture's time, one of them audible. A switch only changes volumes.
import { getSound } from "./model.js";
import { chooseRunning, FIRST } from "./running.js";
import { Sound } from "./sound.js";

/** @typedef {import("./model.js").PlayerFile} PlayerFile */

const EVENTS = ["canplay", "playing", "seeking", "seeked", "waiting", "ended", "error", "unavailable"];

/** Dispatches `change` when a sound becomes ready, waits for bytes, or fails; `audible` when another sound is audible; `length` when the length of
 * a file is known that was not. */
export class Mixer extends EventTarget {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {GainNode | null} */
  #master = null;
  /** @type {Map<PlayerFile, Sound>} */
  #sounds = new Map();
  /** Those that will run when the others have enough bytes, the most likely ones first. @type {PlayerFile[]} */
  #later = [];
  /** @type {PlayerFile | null} */
  #chosen = null;
  /** @type {Sound | null} */
  #audible = null;
  #isRunning = false;
  #volume = 1;
  #rate = 1;
  #getLevel;
  #getTime;
  #limit;

  /**
   * @param {object} options
   * @param {(file: PlayerFile) => number} options.getLevel factor of a file's volume
   * @param {() => number} options.getTime of the picture
   * @param {number} options.limit of sounds that run
   */
  constructor({ getLevel, getTime, limit }) {
    super();
    this.#getLevel = getLevel;
    this.#getTime = getTime;
    this.#limit = limit;
  }

  /** Start the audio system. Browsers allow it only while they handle a click or key. */
  unlock() {
    if (!this.#context) {
      this.#context = new AudioContext({ latencyHint: "interactive" });
      this.#master = new GainNode(this.#context, { gain: this.#volume });
      this.#master.connect(this.#context.destination);
    }
    this.#context.resume().catch(() => {});
  }

  get context() {
    return this.#context;
  }

  /** The node that all sounds go through, for measurements. */
  get output() {
    return this.#master;
  }

  get sounds() {
    return [...this.#sounds.values()];
  }

  get audible() {
    return this.#audible;
  }

  /** Whether what is audible can play at the time where it is. */
  get isPrepared() {
    return this.#audible === null || this.#audible.isPrepared;
  }

  /**
   * Return whether what is audible can start with the picture.
   * @param {number} time
   */
  align(time) {
    return this.#audible === null || this.#audible.align(time);
  }

  /**
   * Make a file audible, from the moment at which it can play; until then the one before is. The others run beside it without being
   * audible, so that a switch to them changes volumes only.
   * @param {PlayerFile} chosen
   * @param {PlayerFile[]} others those that may run, the most likely ones first
   */
  choose(chosen, others) {
    this.#chosen = chosen;
    if (!this.#context) return;
    const running = chooseRunning([chosen, ...others], this.#limit);
    for (const [file, sound] of this.#sounds) {
      const isOutdated = sound.hasFailed && sound.source !== getSound(file);
      if (isOutdated || !(running.includes(file) || sound === this.#audible)) this.#remove(file, sound);
    }
    for (const file of running.slice(0, FIRST)) if (!this.#sounds.has(file)) this.#add(file);
    this.#later = running.filter((file) => !this.#sounds.has(file));
    if (running.includes(chosen)) this.#switch();
    else this.#silence();
  }

  /**
   * @param {PlayerFile} file
   * @param {Sound} sound
   */
  #remove(file, sound) {
    sound.dispose();
    this.#sounds.delete(file);
    if (sound === this.#audible) this.#audible = null;
  }

  /** Let nothing be audible: what was chosen has no sound yet. */
  #silence() {
    if (!this.#audible) return;
    this.#audible.fade(0);
    this.#audible = null;
    this.dispatchEvent(new Event("audible"));
  }

  /** @param {PlayerFile} file */
  #add(file) {
    if (!this.#context || !this.#master) return;
    const sound = new Sound(file, this.#context, this.#master);
    this.#sounds.set(file, sound);
    sound.element.playbackRate = this.#rate;
    sound.seek(this.#getTime());
    sound.element.addEventListener("loadedmetadata", () => {
      if (file.duration !== null || !Number.isFinite(sound.element.duration)) return;
      file.duration = sound.element.duration;
      this.dispatchEvent(new Event("length"));
    });
    for (const name of EVENTS) {
      sound.element.addEventListener(name, () => {
        if (name === "seeking" && sound !== this.#audible) return; // only for this one the picture waits
        this.#switch();
        this.dispatchEvent(new Event("change"));
      });
    }
  }

  /** Let one more sound run, if those that do have enough bytes. To be called while the picture has, too. */
  addNext() {
    if (!this.#later.length || !this.sounds.every((sound) => sound.hasReserve)) return;
    const next = this.#later.shift();
    if (next) this.#add(next);
  }

  #switch() {
    const next = this.#chosen ? this.#sounds.get(this.#chosen) : undefined;
    if (!next || next === this.#audible) return;
    if (this.#isRunning && !next.isRunning) {
      next.start(this.#getTime());
      return; // the one before stays audible until this one runs
    }
    this.#audible?.fade(0);
    this.#audible = next;
    next.element.playbackRate = this.#rate; // it may have been in a hurry
    next.fade(this.#getLevel(next.file));
    this.dispatchEvent(new Event("audible"));
  }

  /** Apply the levels again, after they were measured or switched off. */
  updateLevels() {
    this.#audible?.fade(this.#getLevel(this.#audible.file));
  }

  /** @param {number} volume factor */
  setVolume(volume) {
    this.#volume = volume;
    if (this.#master && this.#context) this.#master.gain.setTargetAtTime(volume, this.#context.currentTime, 0.015);
  }

  /** @param {number} rate */
  setRate(rate) {
    this.#rate = rate;
    for (const { element } of this.sounds) element.playbackRate = rate;
  }

  /** @param {number} time */
  seek(time) {
    for (const sound of this.sounds) sound.seek(time);
  }

  /**
   * Go to another picture's time: the sounds that are near it catch up.
   * @param {number} time
   */
  move(time) {
    for (const sound of this.sounds) if (!sound.isNear(time)) sound.seek(time);
  }

  /** @param {number} time */
  start(time) {
    this.#isRunning = true;
    for (const sound of this.sounds) sound.start(time);
  }

  stop() {
    this.#isRunning = false;
    for (const { element } of this.sounds) element.pause();
  }

  /** Stop for good. */
  close() {
    for (const sound of this.sounds) sound.dispose();
    this.#sounds.clear();
    this.#later = [];
    this.#audible = null;
    this.#chosen = null;
    this.#context?.close();
    this.#context = null;
  }

  /** @param {number} time */
  follow(time) {
    for (const sound of this.sounds) {
      if (sound.element.paused) sound.start(time);
      else sound.follow(time, this.#rate, sound === this.#audible);
    }
  }
}
