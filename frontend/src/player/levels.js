// Volumes of the languages, matched by their measured loudness.
/** @typedef {Pick<import("./model.js").PlayerFile, "loudness">} PlayerFile */

const LARGEST_GAIN = 12; // dB; more would make noise loud
const HEADROOM = -1; // dBTP that no sound exceeds after its gain

/**
 * Return the gain of a file in dB, 0 if it was not measured.
 * @param {PlayerFile} file
 * @param {number | null} target LUFS of the file that all are matched to
 */
export function getGain({ loudness }, target) {
  if (!loudness || target === null) return 0;
  const needed = Math.min(LARGEST_GAIN, target - loudness.integrated);
  const allowed = loudness.truePeak === null ? needed : HEADROOM - loudness.truePeak;
  return needed > 0 ? Math.max(0, Math.min(needed, allowed)) : needed;
}

/**
 * Return how much quieter in dB a file remains than the others with its gain.
 * @param {PlayerFile} file
 * @param {number | null} target
 */
export const getShortfall = (file, target) =>
  file.loudness && target !== null ? target - file.loudness.integrated - getGain(file, target) : 0;

/**
 * Return the loudness that all files are matched to: the source's, or that of the first measured one.
 * @param {PlayerFile[]} files those of the source first
 */
export const getTarget = (files) => files.find((file) => file.loudness)?.loudness?.integrated ?? null;

/**
 * Return the loudness that files are matched to without making any of them louder: that of the quietest one, but within the
 * largest gain. Null unless all were measured.
 * @param {PlayerFile[]} files
 */
export function getQuietestTarget(files) {
  const measured = files.flatMap(({ loudness }) => loudness?.integrated ?? []);
  if (measured.length < files.length || !measured.length) return null;
  return Math.max(Math.min(...measured), Math.max(...measured) - LARGEST_GAIN);
}

/** @param {number} decibels */
export const toFactor = (decibels) => 10 ** (decibels / 20);
