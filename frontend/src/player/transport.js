// Play, pause and seek picture and sounds together. The picture gives the time.
/** @typedef {import("./mixer.js").Mixer} Mixer */

const FOLLOW_EVERY = 100; // milliseconds
const EVENTS = [
  "canplay",
  "seeked",
  "seeking",
  "waiting",
  "ended",
  "error",
  "unavailable",
  "loadedmetadata",
  "durationchange",
];

/** Dispatches `state` when it plays, pauses, waits for bytes or shows another picture. */
export class Transport extends EventTarget {
  picture;
  #mixer;
  #rate = 1;
  #wantsPlaying = false;
  #timer = 0;

  /**
   * @param {HTMLVideoElement} picture
   * @param {Mixer} mixer
   */
  constructor(picture, mixer) {
    super();
    this.picture = picture;
    this.#mixer = mixer;
    this.#listen(picture);
    mixer.addEventListener("change", () => this.#update());
  }

  get time() {
    return this.picture.currentTime;
  }

  get duration() {
    return Number.isFinite(this.picture.duration) ? this.picture.duration : 0;
  }

  /** Whether it plays, or will as soon as the bytes are here. */
  get isPlaying() {
    return this.#wantsPlaying;
  }

  get isWaiting() {
    return this.#wantsPlaying && this.picture.paused;
  }

  get rate() {
    return this.#rate;
  }

  play() {
    if (this.duration && this.time >= this.duration - 0.05) this.seek(0);
    this.#wantsPlaying = true;
    this.picture.preload = "auto";
    this.#update();
  }

  pause() {
    this.#wantsPlaying = false;
    this.#update();
  }

  /** @param {number} time */
  seek(time) {
    const end = this.duration ? this.duration - 0.001 : time;
    const target = Math.max(0, Math.min(time, end));
    if (this.picture.readyState === 0 && this.picture.preload === "none") this.picture.preload = "metadata";
    this.picture.currentTime = target;
    this.#mixer.seek(target);
    this.#update();
  }

  /** @param {number} rate */
  setRate(rate) {
    this.#rate = rate;
    this.picture.playbackRate = rate;
    this.#mixer.setRate(rate);
    this.dispatchEvent(new Event("state"));
  }

  /**
   * Show another picture from now on; it must be at the time of this one.
   * @param {HTMLVideoElement} picture
   */
  setPicture(picture) {
    const previous = this.picture;
    this.picture = picture;
    picture.playbackRate = this.#rate;
    this.#listen(picture);
    previous.pause();
    this.#mixer.move(picture.currentTime);
    // The sounds continue: to stop them until the picture plays would be audible.
    if (this.#wantsPlaying && picture.readyState >= 3 && this.#mixer.isPrepared) this.#start();
    this.#update();
  }

  /** @param {HTMLVideoElement} picture */
  #listen(picture) {
    for (const name of EVENTS) {
      picture.addEventListener(name, () => {
        if (picture !== this.picture) return;
        if (name === "ended") this.#wantsPlaying = false;
        this.#update();
      });
    }
  }

  /** Start all together when picture and audible sound are ready; stop all when one of them is not. */
  #update() {
    const { picture } = this;
    const hasPicture = !picture.seeking && (picture.readyState >= 3 || picture.ended);
    const hasSound = picture.paused ? this.#mixer.align(this.time) : this.#mixer.isPrepared;
    if (this.#wantsPlaying && hasPicture && hasSound) this.#start();
    else this.#stop();
    this.dispatchEvent(new Event("state"));
  }

  #start() {
    if (this.picture.paused) {
      this.picture.play().catch((error) => {
        if (error.name === "AbortError") return; // a pause came first
        this.#wantsPlaying = false;
        this.#update();
      });
    }
    this.#mixer.start(this.time);
    this.#timer ||= window.setInterval(() => this.#follow(), FOLLOW_EVERY);
  }

  #follow() {
    this.#mixer.follow(this.time);
    if (this.picture.readyState === HTMLMediaElement.HAVE_ENOUGH_DATA) this.#mixer.addNext();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    if (!this.picture.paused) this.picture.pause();
    this.#mixer.stop();
  }
}
