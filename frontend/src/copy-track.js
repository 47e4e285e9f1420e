// Buttons that copy all lines of a track, disabled and not seen where the browser has no clipboard.
import { gettext } from "./i18n.js";

const SHOWN = 2000; // milliseconds

/** @param {ParentNode} root */
export function connectTrackCopies(root) {
  if (!navigator.clipboard) return; // only in secure contexts; the file can be downloaded instead
  /** @type {NodeListOf<HTMLButtonElement>} */
  const buttons = root.querySelectorAll("[data-copy-track]");
  for (const button of buttons) {
    const label = button.textContent;
    button.disabled = false;
    button.addEventListener("click", () => copy(button, label));
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {string | null} label of the button at other times
 */
async function copy(button, label) {
  button.textContent = (await copyTrack(button.dataset.copyTrack ?? "")) ? gettext("Copied") : gettext("Not copied");
  setTimeout(() => {
    button.textContent = label;
  }, SHOWN);
}

/** @param {string} url */
async function copyTrack(url) {
  try {
    const response = await fetch(url);
    if (!response.ok || response.redirected) return false;
    await navigator.clipboard.writeText(await response.text());
    return true;
  } catch {
    return false;
  }
}
