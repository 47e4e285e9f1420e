// Which line is spoken at a time.

/** @typedef {{start: number | null, end: number | null}} Times in milliseconds */

/**
 * Return the index of the line at a time: the last that has begun, while no other one has; -1 before the first.
 * A line stays the current one during the pause after it.
 * @param {Times[]} lines in the order of their times
 * @param {number} time in milliseconds
 */
export function findLine(lines, time) {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.start ?? 0) <= time + 1) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
