// What is stated about the volume of a file.
import { formatNumber, gettext } from "../i18n.js";

const AUDIBLE = 1; // dB by which a file is noticeably quieter

/**
 * Return the loudness of a file, its gain, and how much quieter than the others it remains; "" if it was not measured.
 * @param {Pick<import("./model.js").PlayerFile, "loudness">} file
 * @param {number} gain dB
 * @param {number} shortfall dB
 */
export function describeLevel({ loudness }, gain, shortfall) {
  if (!loudness) return "";
  const format = (/** @type {number} */ value) => formatNumber(value, { digits: 1 });
  const change = `${gain >= 0 ? "+" : "−"}${format(Math.abs(gain))} dB`;
  const parts = [`${format(loudness.integrated).replace("-", "−")} LUFS`, change];
  if (shortfall >= AUDIBLE) parts.push(gettext("still %(decibels)s dB quieter", { decibels: format(shortfall) }));
  return parts.join(", ");
}
