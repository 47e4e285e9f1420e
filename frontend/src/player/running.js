// Which sounds run beside the one that is audible, so that a switch to them is immediate.
import { getSound } from "./model.js";

/** @typedef {import("./model.js").PlayerFile} PlayerFile */

export const LIMIT = 16;
/** How many of them load at once; the others follow one by one, when those before have what they need.
 * More do not run where a store sends their bytes: its open responses would take all connections of the browser to it. */
export const FIRST = 5;
const BUDGET = 750_000; // bytes per second of all: several whole videos would take the line from the picture
const SOUND_RATE = 16_000; // bytes per second of a sound alone
const ALWAYS = 2; // the one that is audible, and the one to compare it with

/**
 * Return the files that run, of those that may: what has no sound yet does not.
 * @param {PlayerFile[]} candidates the most likely ones first
 * @param {number} limit
 */
export function chooseRunning(candidates, limit) {
  /** @type {PlayerFile[]} */
  const chosen = [];
  let rate = 0;
  for (const file of new Set(candidates)) {
    if (!getSound(file)) continue;
    const cost = file.soundUrl ? SOUND_RATE : file.size / (file.duration || 1);
    if (chosen.length === limit) break;
    if (chosen.length >= ALWAYS && rate + cost > BUDGET) continue;
    chosen.push(file);
    rate += cost;
  }
  return chosen;
}
