// A page where ZIPs can be dropped anywhere: they are chosen in the import form, which is in a dialog.
import { find } from "./dom.js";

/** The form's own script takes the files, whatever element they are dropped on. */
export function connectDropAnywhere() {
  const overlay = find(document, "[data-drop-overlay]");
  const dialog = find(document, "#import-dialog", HTMLDialogElement);
  let depth = 0;
  /** @param {number} change */
  const enter = (change) => {
    depth = Math.max(0, depth + change);
    overlay.hidden = depth === 0 || dialog.open;
  };
  document.addEventListener("dragenter", (event) => hasFiles(event) && enter(1));
  document.addEventListener("dragleave", (event) => hasFiles(event) && enter(-1));
  document.addEventListener("drop", (event) => {
    enter(-depth);
    if (hasFiles(event) && !dialog.open) dialog.showModal();
  });
}

/** @param {DragEvent} event */
const hasFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
