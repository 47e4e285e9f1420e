// Format sizes and times like the server (sessions_app/templatetags/portal.py).
import { formatNumber, gettext, ngettext } from "./i18n.js";

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/** @param {number} count */
export function formatBytes(count) {
  let value = count;
  let unit = "B";
  for (const larger of UNITS) {
    if (Math.round(value) < 1024) break;
    value /= 1024;
    unit = larger;
  }
  const digits = unit !== "B" && Math.round(value * 10) / 10 < 100 ? 1 : 0;
  const number = formatNumber(value, { digits, isGrouped: false });
  return `${number}\u00a0${unit}`;
}

/** @param {number} seconds */
export function formatDuration(seconds) {
  const minutes = Math.round(seconds / 60);
  if (seconds < 60) return `${Math.ceil(seconds)}\u00a0s`;
  if (minutes < 60) return `${minutes}\u00a0min`;
  return `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
}

/** @param {number} seconds */
export const describeTimeLeft = (seconds) => gettext("%(duration)s left", { duration: formatDuration(seconds) });

/** @param {number} count */
export const formatFileCount = (count) => ngettext("%(count)s file", "%(count)s files", count);

/** Return a factor such as 1.25×. @param {number} factor */
export const formatFactor = (factor) =>
  `${formatNumber(factor, { digits: String(factor).split(".")[1]?.length ?? 0, isGrouped: false })}×`;

/** @param {string} name of a file or session */
export const quote = (name) => gettext("“%(name)s”", { name });

/** @param {number} percent */
export const formatPercent = (percent) => `${formatNumber(percent)}\u00a0%`;

/** @param {number[]} numbers */
export const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the joiners have no effect after ASCII characters.
const JOINED = /[^\x00-\x7f][\u200c\u200d]$/u;

/**
 * Show control, bidirectional and other invisible characters, as dubbing_core.paths.escape_unprintable does: ⟦U+202E⟧.
 * @param {string} text
 */
export function showInvisible(text) {
  return text.replace(HIDDEN, (character, /** @type {number} */ at) => {
    if (JOINED.test(text.slice(Math.max(0, at - 2), at + 1))) return character;
    const number = /** @type {number} */ (character.codePointAt(0));
    return `⟦U+${number.toString(16).toUpperCase().padStart(4, "0")}⟧`;
  });
}
