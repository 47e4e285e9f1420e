// Collect the files that are chosen or dropped, with the paths of their folders.

import { find } from "./dom.js";
import { showInvisible } from "./format.js";
import { gettext } from "./i18n.js";

/** @import { ChosenFile } from "./upload/upload-item.js" */
/** @typedef {{path: string, code: "path_encoding" | "file_unreadable" | "folder_unreadable", message: string}} UnreadableItem */

/**
 * @param {HTMLInputElement} input
 * @returns {ChosenFile[]}
 */
function chosenFiles(input) {
  return [...(input.files ?? [])].map((file) => ({ file, path: chosenPath(file.webkitRelativePath, file.name) }));
}

/**
 * Return a file's path. Chromium writes "/" for a backslash in the path of a file, and not in its name.
 * @param {string} path empty if the file was chosen without its folder
 * @param {string} name
 */
export function chosenPath(path, name) {
  return path.slice(0, path.length - name.length) + name;
}

/**
 * Return the files, and what the browser cannot read.
 * @param {DataTransfer} transfer
 * @returns {Promise<{files: ChosenFile[], unreadable: UnreadableItem[]}>}
 */
export async function droppedFiles(transfer) {
  // The browser empties the list at the first await, so all entries are taken before.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null);
  /** @type {{files: ChosenFile[], unreadable: UnreadableItem[]}} */
  const found = { files: [], unreadable: [] };
  if (!entries.length) found.files = [...transfer.files].map((file) => ({ file, path: file.name }));
  for (const entry of entries) await tryCollect(entry, found);
  return found;
}

/**
 * @param {FileSystemEntry} entry
 * @param {{files: ChosenFile[], unreadable: UnreadableItem[]}} found
 */
async function tryCollect(entry, found) {
  try {
    await collect(entry, found);
  } catch (error) {
    found.unreadable.push(describeUnreadable(entry, error));
  }
}

/** @param {FileSystemEntry} entry */
const isNameless = ({ fullPath }) => fullPath.length > 1 && fullPath.endsWith("/");

/**
 * @param {FileSystemEntry} entry
 * @param {unknown} error
 * @returns {UnreadableItem}
 */
function describeUnreadable(entry, error) {
  // Chromium has an empty name for one that is not Unicode text.
  const path = entry.fullPath.replace(/^\//, "") + (isNameless(entry) ? "\ufffd" : "");
  const name = showInvisible(path);
  if (isNameless(entry)) {
    const message = gettext("“%(name)s” is not valid Unicode. Rename the file.", { name });
    return { path, code: "path_encoding", message };
  }
  if (entry.isFile) {
    const message = gettext("“%(name)s” was moved, or the browser may not read it.", { name });
    return { path, code: "file_unreadable", message };
  }
  const isEncoding = error instanceof DOMException && error.name === "EncodingError";
  const message = isEncoding
    ? gettext(
        "The browser cannot list “%(name)s”: its names are not all valid. Choose the folder with the button, or use dubs save.",
        { name },
      )
    : gettext("The browser cannot list “%(name)s”: it was moved, or you may not read it.", { name });
  return { path, code: "folder_unreadable", message };
}

/**
 * @param {FileSystemEntry} entry
 * @param {{files: ChosenFile[], unreadable: UnreadableItem[]}} found
 */
async function collect(entry, found) {
  // Reading a folder without a name would read its parent again, without end.
  if (isNameless(entry)) throw new DOMException("a name that is not Unicode text", "EncodingError");
  if (entry.isFile) {
    const { file: readFile } = /** @type {FileSystemFileEntry} */ (entry);
    /** @type {File} */
    const file = await new Promise((resolve, reject) => readFile.call(entry, resolve, reject));
    found.files.push({ file, path: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} a hundred at a time, then none */
    const children = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!children.length) return;
    for (const child of children) await tryCollect(child, found);
  }
}

/**
 * Connect a drop zone and the file inputs in it.
 * @param {HTMLElement} zone
 * @param {(files: ChosenFile[], unreadable: UnreadableItem[]) => void} onFiles
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
      if (files.length) onFiles(files, []);
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
    const { files, unreadable } = await droppedFiles(event.dataTransfer);
    if (files.length || unreadable.length) onFiles(files, unreadable);
  });
}
