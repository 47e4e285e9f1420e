// Times as they are shown.
import { ngettext } from "../i18n.js";

/**
 * Return a time as 0:42, or 1:02:03; with tenths as 0:42.5.
 * @param {number} seconds
 */
export function formatTime(seconds, { hasTenths = false } = {}) {
  const tenths = Math.max(0, Math.floor(seconds * 10 + 1e-6));
  const whole = Math.floor(tenths / 10);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = `${String(whole % 60).padStart(2, "0")}${hasTenths ? `.${tenths % 10}` : ""}`;
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * Return a time in words, for screen readers.
 * @param {number} seconds
 */
export function describeTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const parts = [];
  if (hours) parts.push(ngettext("%(count)s hour", "%(count)s hours", hours));
  if (minutes) parts.push(ngettext("%(count)s minute", "%(count)s minutes", minutes));
  parts.push(ngettext("%(count)s second", "%(count)s seconds", rest));
  return parts.join(" ");
}

/**
 * Return the middle of the frame that is `frames` after the one at a time: seeking there shows it in every browser.
 * @param {number} time in seconds
 * @param {number} frames
 * @param {number} frameRate
 */
export function stepFrames(time, frames, frameRate) {
  const shown = Math.floor(time * frameRate + 1e-3);
  return Math.max(0, shown + frames + 0.5) / frameRate;
}
