// Worker: compute the SHA-256 of files, slice by slice, without blocking the page.
import { createSHA256 } from "hash-wasm";
import { getDigest, putDigest } from "./digest-cache.js";

/** @typedef {import("hash-wasm").IHasher} Hasher */
/** @typedef {{file: File, path: string}} HashedFile */
/** @typedef {{files?: HashedFile[], pause?: boolean}} PageMessage */

/**
 * Without an index: the batch is done.
 * @typedef {object} WorkerMessage
 * @property {number} [index] of the file in the batch
 * @property {number} [hashedBytes]
 * @property {string} [sha256]
 * @property {string} [cacheKey]
 * @property {string} [error] name of the DOMException
 */

const SLICE = 4 * 1024 * 1024; // bytes; two slices are in memory; digests of larger files are cached
const SAMPLE = 64 * 1024; // bytes

const hasherReady = createSHA256();
/** @type {(() => void) | null} */
let openGate = null;
let gate = Promise.resolve();

addEventListener("message", async (/** @type {MessageEvent<PageMessage>} */ { data }) => {
  if (data.pause === true) pause();
  else if (data.pause === false) resume();
  else if (data.files) await hashBatch(data.files);
});

function pause() {
  if (openGate) return;
  gate = new Promise((resolve) => {
    openGate = resolve;
  });
}

function resume() {
  openGate?.();
  openGate = null;
}

/** @param {WorkerMessage} message */
const post = (message) => postMessage(message);

/** @param {HashedFile[]} files */
async function hashBatch(files) {
  // All reads start before the first file is hashed: each is a round trip to another process.
  const firstSlices = files.map(({ file }) => readSlice(file, 0));
  for (const [index, { file, path }] of files.entries()) {
    try {
      post({ index, ...(await hashFile(index, file, path, firstSlices[index])) });
    } catch (error) {
      post({ index, error: error instanceof DOMException ? error.name : "UnknownError" });
    }
  }
  post({});
}

/**
 * @param {number} index
 * @param {File} file
 * @param {string} path
 * @param {Promise<ArrayBuffer> | undefined} firstSlice
 */
async function hashFile(index, file, path, firstSlice) {
  const hasher = await hasherReady;
  const cacheKey = file.size > SLICE ? await cacheKeyOf(hasher, file, path) : "";
  const cached = cacheKey && (await getDigest(cacheKey));
  if (cached) return { sha256: cached, cacheKey };
  hasher.init();
  let next = firstSlice;
  for (let start = 0; start < file.size; start += SLICE) {
    const slice = await next;
    next = readSlice(file, start + SLICE);
    if (slice) hasher.update(new Uint8Array(slice));
    if (start + SLICE < file.size) post({ index, hashedBytes: start + SLICE });
    await gate;
  }
  const sha256 = hasher.digest();
  if (cacheKey) await putDigest(cacheKey, sha256);
  return { sha256, cacheKey };
}

/**
 * Return a digest that identifies a file without its name. Samples of its bytes are part of it: files of the same size
 * and time are common, as render farms write them.
 * @param {Hasher} hasher
 * @param {File} file
 * @param {string} path
 */
async function cacheKeyOf(hasher, file, path) {
  hasher.init();
  hasher.update(JSON.stringify([path, file.size, file.lastModified]));
  for (const start of [0, Math.floor(file.size / 2), file.size - SAMPLE]) {
    hasher.update(new Uint8Array(await file.slice(start, start + SAMPLE).arrayBuffer()));
  }
  return hasher.digest();
}

/**
 * Start to read a slice. A failure is thrown where the promise is awaited.
 * @param {File} file
 * @param {number} start
 */
function readSlice(file, start) {
  const slice = file.slice(start, start + SLICE).arrayBuffer();
  slice.catch(() => {});
  return slice;
}
