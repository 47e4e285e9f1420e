// When a sound joins a running picture: a seek takes time, during which the picture continues.

const LATE = 0.25; // seconds that a sound may be late by when it starts; it catches up
const EARLY = 0.05; // that it may be ahead by
const LONGEST_WAIT = 0.5; // that it waits for the picture rather than seek back
const FARTHEST = 20; // that a seek goes ahead by at most

/**
 * Aim of the seeks of one sound. A sound that was late after a seek seeks ahead by the time that this one took; where it is
 * too early then, it waits for the picture. So it joins even where each seek takes longer than a sound may be late by.
 */
export class Aim {
  /** Seconds that the next seek goes ahead by. */
  #lead = 0;
  /** That the last one did. */
  #applied = 0;
  #isUnderWay = false;
  #hasSoughtBack = false;

  /** Forget the last seek: the sound was set to the picture's own time, or plays. */
  reset() {
    this.#applied = 0;
    this.#isUnderWay = false;
    this.#hasSoughtBack = false;
  }

  /**
   * Return the time for a seek from now.
   * @param {number} time of the picture
   * @param {number} duration of the sound
   */
  begin(time, duration) {
    const target = time + this.#lead;
    // Past its end it would have nothing to play, and the rest of it would be lost.
    this.#applied = target < duration - LATE ? this.#lead : 0;
    this.#isUnderWay = true;
    return time + this.#applied;
  }

  /**
   * Return what a sound does that is ready to play.
   * @param {number} offset sound minus picture, in seconds
   * @returns {"start" | "wait" | "seek"}
   */
  decide(offset) {
    if (this.#isUnderWay) {
      const took = this.#applied - offset;
      this.#lead = Math.max(0, Math.min(took - LATE / 2, FARTHEST));
      this.#isUnderWay = false;
    }
    if (offset >= -LATE && offset <= EARLY) return "start";
    if (offset < 0 || offset > this.#applied) return "seek";
    // Once only: where fast and slow seeks alternate, it would never wait.
    if (this.#hasSoughtBack || offset <= this.#lead + LONGEST_WAIT) return "wait";
    this.#hasSoughtBack = true;
    return "seek";
  }
}
