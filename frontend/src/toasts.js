// Notices in a corner of the page, which screen readers read out: base.html has their container, a live region.

import { create, icon } from "./dom.js";
import { gettext } from "./i18n.js";
import { isolateQuoted } from "./text-direction.js";

/** @typedef {{label: string, url: string, download?: boolean}} ToastAction */
/** @typedef {{text: string, subject?: string, detail?: string, level?: string, actions?: ToastAction[], onEnd?: () => void}} Toast
 *   subject: the file or session concerned; level: good, info, warn or bad; onEnd: it was closed, or its time is over */

/** Milliseconds until a notice without a problem disappears; the time stops while the pointer or the focus is in it. */
const SHOWN = 15_000;
let observed = false;
/** @type {Record<string, string>} */
const ICONS = { good: "check", info: "info", warn: "warning", bad: "warning" };

/**
 * Show a notice.
 * @param {Toast} toast
 * @returns {HTMLElement | null} null where the page shows none
 */
export function showToast({ text, subject = "", detail = "", level = "info", actions = [], onEnd = () => {} }) {
  const container = document.getElementById("toasts");
  if (!container) return null;
  const element = create("div", `toast ${level}`);
  const words = create("div", "toast-text");
  words.append(create("p", "toast-title", isolateQuoted(text)));
  for (const line of [subject, detail]) if (line) words.append(create("p", "toast-detail wrap", isolateQuoted(line)));
  if (actions.length) {
    const row = create("p", "actions");
    row.append(...actions.map(createLink));
    words.append(row);
  }
  const end = () => {
    if (!element.isConnected) return;
    moveFocus(element);
    element.remove();
    onEnd();
  };
  element.append(icon(ICONS[level] ?? "info"), words, createCloser(text, end));
  if (level === "good" || level === "info") removeLater(element, end);
  if (!observed) reserveSpace(container);
  container.append(element);
  return element;
}

/**
 * Keep the height of the notices as `--toasts` for page.css: what is scrolled into view or gets the focus, and the end
 * of the page, is shown above them.
 * @param {HTMLElement} container
 */
function reserveSpace(container) {
  observed = true;
  const { style } = document.documentElement;
  new ResizeObserver(() => {
    const height = container.childElementCount ? window.innerHeight - container.getBoundingClientRect().top : 0;
    style.setProperty("--toasts", `${Math.ceil(height)}px`);
  }).observe(container);
}

/** @param {ToastAction} action */
function createLink({ label, url, download }) {
  const link = create("a", "button small", label);
  link.href = url;
  if (download) link.download = "";
  return link;
}

/**
 * @param {string} text
 * @param {() => void} onClose
 */
function createCloser(text, onClose) {
  const button = create("button", "icon-button");
  button.type = "button";
  button.setAttribute("aria-label", gettext("Close notice: %(text)s", { text }));
  button.append(icon("close"));
  button.addEventListener("click", onClose);
  return button;
}

/**
 * @param {HTMLElement} element
 * @param {() => void} end
 */
function removeLater(element, end) {
  let timer = setTimeout(end, SHOWN);
  const stop = () => clearTimeout(timer);
  const start = () => {
    clearTimeout(timer);
    timer = setTimeout(end, SHOWN);
  };
  for (const type of ["pointerenter", "focusin"]) element.addEventListener(type, stop);
  for (const type of ["pointerleave", "focusout"]) element.addEventListener(type, start);
}

/** Keep the place of a keyboard user when the notice with the focus disappears. @param {HTMLElement} element */
function moveFocus(element) {
  if (!element.contains(document.activeElement)) return;
  const next = element.nextElementSibling ?? element.previousElementSibling;
  /** @type {HTMLElement | null | undefined} */
  const target = next?.querySelector("button") ?? document.getElementById("main");
  target?.focus({ preventScroll: true });
}
