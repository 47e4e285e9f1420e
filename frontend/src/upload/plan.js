// Divide files into uploads, and uploads into requests.
import { Transfer } from "./transfer.js";

/** @import { UploadItem } from "./upload-item.js" */

const MAX_FILES_IN_PACK = 2000;
const MAX_UPLOADS_PER_REQUEST = 500;
const MAX_FILES_PER_REQUEST = 4000;

/**
 * Divide a list into lists of at most `size`.
 * @template T
 * @param {T[]} list
 * @param {number} size
 */
export function batches(list, size) {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

/**
 * Make large files uploads of their own, and put small ones into packs.
 *
 * Files are packed in the order of their paths: after a refresh the same files make the same packs, which the server
 * recognizes.
 * @param {UploadItem[]} items
 * @param {{partSize: number, packFileSize: number}} limits packFileSize: smaller files are packed
 * @returns {Transfer[]}
 */
export function planTransfers(items, { partSize, packFileSize }) {
  const ordered = [...items].sort((a, b) => (a.path < b.path ? -1 : 1));
  const large = ordered.filter((item) => item.size >= packFileSize).map((item) => [item]);
  /** @type {UploadItem[][]} */
  const packs = [];
  let bytes = 0;
  for (const item of ordered.filter((each) => each.size < packFileSize)) {
    const pack = packs.at(-1);
    if (pack && pack.length < MAX_FILES_IN_PACK && bytes + item.size <= partSize) {
      pack.push(item);
      bytes += item.size;
    } else {
      packs.push([item]);
      bytes = item.size;
    }
  }
  return [...large, ...packs].map((each) => new Transfer(each));
}

/**
 * Divide new uploads into requests of as many as the server accepts.
 * @param {Transfer[]} transfers
 */
export function planRequests(transfers) {
  /** @type {Transfer[][]} */
  const requests = [];
  let files = 0;
  for (const transfer of transfers) {
    const last = requests.at(-1);
    files += transfer.items.length;
    if (last && last.length < MAX_UPLOADS_PER_REQUEST && files <= MAX_FILES_PER_REQUEST) {
      last.push(transfer);
    } else {
      requests.push([transfer]);
      files = transfer.items.length;
    }
  }
  return requests;
}
