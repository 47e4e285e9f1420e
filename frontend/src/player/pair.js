// Two videos in sync: the audible one gives the time, the other one follows it frame by frame.
import { DriftMeter } from "./drift.js";

const EVENTS = ["canplay", "seeked", "seeking", "waiting", "ended", "error", "durationchange"];
const KEPT_OFFSETS = 5000;

/** Dispatches `state` when it plays, pauses, waits for bytes, or the other side becomes audible. */
export class Pair extends EventTarget {
  /** @type {HTMLVideoElement} */
  leader;
  /** @type {HTMLVideoElement} */
  follower;
  /** Offsets of the follower's frames in seconds, the newest last. @type {number[]} */
  offsets = [];
  #wantsPlaying = false;
  #rate = 1;
  #meter = new DriftMeter();
  /** The leader's newest frame. @type {{mediaTime: number, shownAt: number} | null} */
  #frame = null;

  /**
   * @param {HTMLVideoElement} leader
   * @param {HTMLVideoElement} follower
   */
  constructor(leader, follower) {
    super();
    this.leader = leader;
    this.follower = follower;
    for (const video of [leader, follower]) {
      for (const name of EVENTS) video.addEventListener(name, () => this.#update(name, video));
      this.#watch(video);
    }
    this.#mute();
  }

  get time() {
    return this.leader.currentTime;
  }

  get duration() {
    return Math.max(...[this.leader, this.follower].map(({ duration }) => (Number.isFinite(duration) ? duration : 0)));
  }

  get isPlaying() {
    return this.#wantsPlaying;
  }

  get rate() {
    return this.#rate;
  }

  play() {
    if (this.leader.ended) this.seek(0);
    this.#wantsPlaying = true;
    this.#update();
  }

  pause() {
    this.#wantsPlaying = false;
    this.#update();
    this.seek(this.time); // both show the same frame
  }

  /** @param {number} time */
  seek(time) {
    const target = Math.max(0, Math.min(time, this.duration));
    this.#meter.reset();
    for (const video of [this.leader, this.follower]) video.currentTime = target;
    this.#update();
  }

  /** @param {number} rate */
  setRate(rate) {
    this.#rate = rate;
    for (const video of [this.leader, this.follower]) video.playbackRate = rate;
    this.dispatchEvent(new Event("state"));
  }

  /** Make the other side audible. */
  swap() {
    [this.leader, this.follower] = [this.follower, this.leader];
    this.#meter.reset();
    this.#frame = null;
    this.leader.playbackRate = this.#rate;
    this.#mute();
    this.dispatchEvent(new Event("state"));
  }

  #mute() {
    this.leader.muted = false;
    this.follower.muted = true;
  }

  /** @param {string} [name] of an event @param {HTMLVideoElement} [video] */
  #update(name, video) {
    if (name === "ended" && video === this.leader) this.#wantsPlaying = false;
    const videos = [this.leader, this.follower];
    const isReady = videos.every((each) => each.error || each.ended || (!each.seeking && each.readyState >= 3));
    for (const each of videos) {
      if (this.#wantsPlaying && isReady && each.paused && !each.ended && !each.error) this.#start(each);
      else if (!(this.#wantsPlaying && isReady) && !each.paused) each.pause();
    }
    this.dispatchEvent(new Event("state"));
  }

  /** @param {HTMLVideoElement} video */
  #start(video) {
    video.play().catch((error) => {
      if (error.name === "AbortError") return; // a pause came first
      this.#wantsPlaying = false;
      this.#update();
    });
  }

  /** @param {HTMLVideoElement} video */
  #watch(video) {
    video.requestVideoFrameCallback((_, { mediaTime, expectedDisplayTime }) => {
      if (video === this.leader) this.#frame = { mediaTime, shownAt: expectedDisplayTime };
      else if (this.#frame && !video.paused && !video.seeking) this.#follow(mediaTime, expectedDisplayTime);
      this.#watch(video);
    });
  }

  /**
   * Correct the follower by one of its frames. The display times differ, because the frames come one after the other.
   * @param {number} mediaTime
   * @param {number} shownAt
   */
  #follow(mediaTime, shownAt) {
    if (!this.#frame || this.leader.paused) return;
    const elapsed = ((shownAt - this.#frame.shownAt) / 1000) * this.#rate;
    const offset = mediaTime - this.#frame.mediaTime - elapsed;
    this.offsets.push(offset);
    if (this.offsets.length > KEPT_OFFSETS) this.offsets.shift();
    const { mustSeek, factor } = this.#meter.add(offset);
    if (mustSeek) this.follower.currentTime = this.leader.currentTime;
    else if (this.follower.playbackRate !== this.#rate * factor) this.follower.playbackRate = this.#rate * factor;
  }
}
