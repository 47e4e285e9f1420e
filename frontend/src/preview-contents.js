// Contents of small files that show a preview which labels the save will recognize.
import { sum } from "./format.js";

/** @import { PlacementPreview } from "./placements.js" */
/** @import { ChosenFile } from "./upload/upload-item.js" */

const MAX_SIZE = 1024 * 1024; // bytes of all files together: every preview sends them again
const MAX_METADATA_SIZE = 4 * 1024 * 1024; // of the metadata.json, in addition; of a larger one its start is read
const MAX_FILES = 64;

/** @type {WeakMap<File, string>} as Base64 */
const known = new WeakMap();
/** @type {WeakSet<File>} read as a metadata.json, beside the room of the others */
const documents = new WeakSet();

/**
 * Read the files that a preview asked for, as far as they fit; return whether any was read.
 * @param {ChosenFile[]} files
 * @param {Pick<PlacementPreview, "requested" | "metadata">} preview
 */
export async function readContents(files, { requested, metadata }) {
  const chosen = new Map(files.map(({ file, path }) => [path, file]));
  const have = files.filter(({ file }) => known.has(file) && !documents.has(file));
  let room = MAX_SIZE - sum(have.map(({ file }) => file.size));
  let left = MAX_FILES - have.length;
  let isRead = false;
  for (const path of requested) {
    const file = chosen.get(path);
    const isMetadata = path === metadata;
    if (!file || known.has(file) || (!isMetadata && file.size > room) || left <= 0) continue;
    const start = isMetadata ? file.slice(0, MAX_METADATA_SIZE) : file;
    const bytes = await start.arrayBuffer().catch(() => null);
    if (!bytes) continue; // the upload reports files that cannot be read
    known.set(file, encode(new Uint8Array(bytes)));
    if (isMetadata) documents.add(file);
    else room -= file.size;
    left -= 1;
    isRead = true;
  }
  return isRead;
}

/**
 * Return what was read, by path.
 * @param {ChosenFile[]} files
 * @returns {Record<string, string>}
 */
export function knownContents(files) {
  /** @type {Record<string, string>} */
  const contents = {};
  for (const { file, path } of files) {
    const encoded = known.get(file);
    if (encoded !== undefined) contents[path] = encoded;
  }
  return contents;
}

/** @param {Uint8Array} bytes */
function encode(bytes) {
  const chunks = [];
  for (let start = 0; start < bytes.length; start += 0x8000)
    chunks.push(String.fromCharCode(...bytes.subarray(start, start + 0x8000)));
  return btoa(chunks.join(""));
}
