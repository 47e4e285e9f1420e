// Memory of a running upload in this tab, so that a reload can offer to resume it: texts of the form, list of files, corrected labels.
// The files themselves have to be chosen again: browsers do not let a page keep them.
import { sum } from "../format.js";

/** @import { RememberedChoices } from "../save-choices.js" */
/** @import { ChosenFile } from "./upload-item.js" */

/** @typedef {{path: string, size: number, modified: number}} FileFacts */
/**
 * @typedef {object} InterruptedUpload
 * @property {Record<string, string>} fields of the form, by name
 * @property {number} count
 * @property {number} size
 * @property {FileFacts[]} files the first ones, if they are many
 * @property {RememberedChoices} [choices] about files of a save
 */

/** Files that are remembered; the storage of a tab has 5 MB. */
const MAX_FILES = 10_000;
const KEY = `upload ${location.pathname}`;

/**
 * @param {ChosenFile[]} files
 * @param {Record<string, string>} fields
 * @param {RememberedChoices} [choices]
 */
export function rememberUpload(files, fields, choices) {
  const facts = files.slice(0, MAX_FILES).map(({ file, path }) => ({
    path,
    size: file.size,
    modified: file.lastModified,
  }));
  const size = sum(files.map(({ file }) => file.size));
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ fields, count: files.length, size, files: facts, choices }));
  } catch {
    forgetUpload(); // the storage is full or disabled: the upload resumes all the same when the files are chosen again
  }
}

/** @returns {InterruptedUpload | null} */
export function findInterruptedUpload() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}

export function forgetUpload() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Disabled storage remembers nothing.
  }
}

/**
 * Return the paths that were uploaded and are missing among the chosen files, or differ there.
 * @param {InterruptedUpload} interrupted
 * @param {ChosenFile[]} chosen
 */
export function findDifferences(interrupted, chosen) {
  const files = new Map(chosen.map(({ file, path }) => [path, file]));
  return interrupted.files
    .filter(({ path, size, modified }) => {
      const file = files.get(path);
      return !file || file.size !== size || file.lastModified !== modified;
    })
    .map(({ path }) => path);
}
