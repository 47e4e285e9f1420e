// Volumes of two versions, matched so that neither seems better because it is louder.
import { describeLevel } from "./level-label.js";
import { getGain, getQuietestTarget, toFactor } from "./levels.js";

/** @typedef {Pick<import("./model.js").PlayerFile, "loudness">} Measured */

/**
 * Return what to apply to each of some files, and to state about it. Elements play nothing louder than it is: the louder ones
 * are turned down.
 * @param {Measured[]} files
 * @param {boolean} isLeveled
 */
export function matchLevels(files, isLeveled) {
  const target = isLeveled ? getQuietestTarget(files) : null;
  return files.map((file) => {
    const gain = Math.min(0, getGain(file, target));
    const shortfall = file.loudness && target !== null ? target - file.loudness.integrated - gain : 0;
    return { volume: toFactor(gain), label: describeLevel(file, gain, shortfall) };
  });
}
