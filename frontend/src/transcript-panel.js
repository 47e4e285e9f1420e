// The first lines of the transcript on the page of a session. Those of long ones are loaded later; without this script their panel has
// the link to all of them.
import { connectTrackCopies } from "./copy-track.js";
import { create } from "./dom.js";
import { nameLanguages } from "./languages.js";

/** @param {ParentNode} root */
export function connectTranscriptPanel(root) {
  /** @type {NodeListOf<HTMLElement>} */
  const panels = root.querySelectorAll("[data-transcript]");
  for (const panel of panels) {
    if (panel.dataset.transcript) load(panel, panel.dataset.transcript);
    else connectTrackCopies(panel);
  }
}

/**
 * @param {HTMLElement} panel
 * @param {string} url
 */
async function load(panel, url) {
  const response = await fetch(url).catch(() => null);
  // After a sign-out the response is the sign-in page, which must not be shown inside this one.
  if (!response?.ok || response.redirected) return;
  const template = create("template");
  template.innerHTML = await response.text();
  nameLanguages(template.content);
  panel.replaceChildren(template.content);
  connectTrackCopies(panel);
}
