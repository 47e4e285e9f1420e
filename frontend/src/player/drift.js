// Offset of a sound from the picture, and its correction.

const SAMPLES = 5;
const SEEK = 0.25; // seconds from which a sound is set to the picture's time
const CORRECT = 0.015; // from which its rate is changed
const RELEASE = 0.005; // below which it is no longer
/** How fast an offset is corrected: part of the rate per second of offset, and at most. */
const GENTLE = { strength: 0.8, largest: 0.05 }; // changes of tempo by less are hardly audible
const FAST = { strength: 2, largest: 0.5 }; // of what is not audible

/**
 * Offsets of one sound. Single readings jitter by some milliseconds, and a correction for jitter would be an error itself: the
 * median of the last ones counts.
 */
export class DriftMeter {
  /** @type {number[]} */
  #samples = [];
  #isCorrecting = false;

  reset() {
    this.#samples = [];
    this.#isCorrecting = false;
  }

  /**
   * Return whether to seek, and the factor of the rate until the next reading.
   * @param {number} offset sound minus picture, in seconds
   * @param {boolean} [isAudible] whether a change of the rate may be audible or visible
   */
  add(offset, isAudible = true) {
    this.#samples.push(offset);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    const median = getMedian(this.#samples);
    if (this.#samples.length < SAMPLES) return { mustSeek: Math.abs(median) > SEEK, factor: 1 };
    if (Math.abs(median) > SEEK) {
      this.reset();
      return { mustSeek: true, factor: 1 };
    }
    this.#isCorrecting = Math.abs(median) > (this.#isCorrecting ? RELEASE : CORRECT);
    const { strength, largest } = isAudible ? GENTLE : FAST;
    const factor = this.#isCorrecting ? 1 - Math.max(-largest, Math.min(largest, strength * median)) : 1;
    return { mustSeek: false, factor };
  }
}

/** @param {number[]} values */
function getMedian(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
