// The card that offers to resume an upload which a reload interrupted.

import { refsOf } from "./dom.js";
import { formatBytes, formatFileCount, quote, showInvisible } from "./format.js";
import { gettext, ngettext } from "./i18n.js";
import { findDifferences, findInterruptedUpload, forgetUpload } from "./upload/interrupted-upload.js";

/** @import { SaveChoices } from "./save-choices.js" */
/** @import { ChosenFile } from "./upload/upload-item.js" */

const MAX_SHOWN = 3;

/**
 * Show the card if there is such an upload, and fill in the form and the choices.
 * @param {HTMLFormElement} form
 * @param {SaveChoices} [choices] about files of a save
 */
export function connectResumeCard(form, choices) {
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
  choices?.restore(interrupted.choices);
  const name = fields.name ? `${quote(showInvisible(fields.name))}: ` : "";
  ref("interrupted-text").textContent = `${name}${formatFileCount(count)}, ${formatBytes(size)}`;
  const isFolder = files.some(({ path }) => path.includes("/"));
  ref("interrupted-choose-label").textContent = isFolder
    ? gettext("Choose the folder again")
    : gettext("Choose the files again");
  ref("interrupted-choose").addEventListener("click", () => {
    /** @type {HTMLButtonElement | null} */
    const button = form.querySelector(`[data-choose="${isFolder ? "folder" : "files"}"]`);
    button?.click();
  });
  ref("interrupted-discard").addEventListener("click", () => {
    forgetUpload();
    form.reset();
    choices?.clear();
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
    const shown = paths.slice(0, MAX_SHOWN).map((path) => quote(showInvisible(path)));
    const rest = paths.length - shown.length;
    const values = { paths: shown.join(", ") };
    if (!rest) return gettext("Missing or changed since the interrupted upload: %(paths)s.", values);
    return ngettext(
      "Missing or changed since the interrupted upload: %(paths)s and %(count)s more.",
      "Missing or changed since the interrupted upload: %(paths)s and %(count)s more.",
      rest,
      values,
    );
  };
  return { onFiles, hide };
}
