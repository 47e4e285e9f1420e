// The card that offers to resume an upload which a reload interrupted.
import { refsOf } from "./dom.js";
import { formatBytes, formatFileCount, showInvisible } from "./format.js";
import { findDifferences, findInterruptedUpload, forgetUpload } from "./upload/interrupted-upload.js";

/** @import { ChosenFile } from "./upload/upload-item.js" */

const MAX_SHOWN = 3;

/**
 * Show the card if there is such an upload, and fill in the form.
 * @param {HTMLFormElement} form
 */
export function connectResumeCard(form) {
  const ref = refsOf(form);
  const interrupted = findInterruptedUpload();
  const hide = () => {
    ref("interrupted").hidden = true;
  };
  if (!interrupted) return { onFiles: () => "", hide };

  const { fields, count, size, files } = interrupted;
  for (const [name, value] of Object.entries(fields)) {
    const control = form.elements.namedItem(name);
    if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = value === control.value;
    else if (control instanceof HTMLInputElement || control instanceof RadioNodeList) control.value = value;
  }
  const name = fields.name ? `“${showInvisible(fields.name)}”: ` : "";
  ref("interrupted-text").textContent = `${name}${formatFileCount(count)}, ${formatBytes(size)}`;
  const isFolder = files.some(({ path }) => path.includes("/"));
  ref("interrupted-choose-label").textContent = isFolder ? "Choose the folder again" : "Choose the files again";
  ref("interrupted-choose").addEventListener("click", () => {
    /** @type {HTMLButtonElement | null} */
    const button = form.querySelector(`[data-choose="${isFolder ? "folder" : "files"}"]`);
    button?.click();
  });
  ref("interrupted-discard").addEventListener("click", () => {
    forgetUpload();
    form.reset();
    hide();
  });
  ref("interrupted").hidden = false;

  /**
   * @param {ChosenFile[]} chosen
   * @returns {string} what differs from the interrupted upload; empty if nothing does
   */
  const onFiles = (chosen) => {
    if (ref("interrupted").hidden || !chosen.length) return "";
    hide();
    const paths = findDifferences(interrupted, chosen);
    if (!paths.length) return "";
    const shown = paths.slice(0, MAX_SHOWN).map((path) => `“${showInvisible(path)}”`);
    const rest = paths.length > MAX_SHOWN ? ` and ${paths.length - MAX_SHOWN} more` : "";
    return `Missing or changed since the interrupted upload: ${shown.join(", ")}${rest}.`;
  };
  return { onFiles, hide };
}
