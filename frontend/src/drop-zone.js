// Collect the files that are chosen or dropped, with the paths of their folders.
import { find } from "./dom.js";

/** @import { ChosenFile } from "./upload/upload-item.js" */

/**
 * @param {HTMLInputElement} input
 * @returns {ChosenFile[]}
 */
function chosenFiles(input) {
  return [...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/**
 * @param {DataTransfer} transfer
 * @returns {Promise<ChosenFile[]>}
 */
export async function droppedFiles(transfer) {
  // The browser empties the list at the first await, so all entries are taken before.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  /** @type {ChosenFile[]} */
  const files = [];
  for (const entry of entries) await collect(entry, files);
  return files;
}

/**
 * @param {FileSystemEntry} entry
 * @param {ChosenFile[]} files
 */
async function collect(entry, files) {
  if (entry.isFile) {
    const { file: readFile } = /** @type {FileSystemFileEntry} */ (entry);
    /** @type {File} */
    const file = await new Promise((resolve, reject) => readFile.call(entry, resolve, reject));
    files.push({ file, path: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} a hundred at a time, then none */
    const children = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!children.length) return;
    for (const child of children) await collect(child, files);
  }
}

/**
 * Connect a drop zone and the file inputs in it.
 * @param {HTMLElement} zone
 * @param {(files: ChosenFile[]) => void} onFiles
 */
export function connectDropZone(zone, onFiles) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const inputs = zone.querySelectorAll('input[type="file"]');
  for (const input of inputs) {
    const button = find(zone, `[data-choose="${input.dataset.kind}"]`, HTMLButtonElement);
    button.addEventListener("click", () => input.click());
    button.disabled = false; // disabled in the template, where a press would have no effect yet
    input.addEventListener("change", () => {
      const files = chosenFiles(input);
      input.value = ""; // so that the same files can be chosen again
      if (files.length) onFiles(files);
    });
  }
  let depth = 0;
  /** @param {number} change */
  const highlight = (change) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle("highlighted", depth > 0);
  };
  document.addEventListener("dragenter", () => highlight(1));
  document.addEventListener("dragleave", () => highlight(-1));
  document.addEventListener("dragover", (event) => event.preventDefault()); // a file dropped elsewhere must not replace the page
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    highlight(-depth);
    if (zone.hidden || zone.inert || !event.dataTransfer) return;
    const files = await droppedFiles(event.dataTransfer);
    if (files.length) onFiles(files);
  });
}
