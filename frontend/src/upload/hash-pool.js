// Hash files in a few workers, the largest first: one that starts last would keep all others waiting.

import { ApiError } from "../api.js";
import { gettext } from "../i18n.js";
import { deleteDigests } from "./digest-cache.js";
import { readErrorMessage } from "./upload-item.js";

/** @import { UploadItem } from "./upload-item.js" */
/** @import { WorkerMessage } from "./hash-worker.js" */

const MAX_WORKERS = 4;
const MAX_FILES_PER_BATCH = 64;
const MAX_BYTES_PER_BATCH = 4 * 1024 * 1024;

/** @type {WeakMap<File, {sha256: string, cacheKey: string}>} digests of this page's files, for a second choice of them */
const digestsByFile = new WeakMap();

/** Return the digest of a file that this page has read, or "". @param {File} file */
export const findDigest = (file) => digestsByFile.get(file)?.sha256 ?? "";

export class HashPool {
  /** @type {Worker[]} */
  #workers = [];
  #isPaused = false;
  /** @type {((error: DOMException) => void) | undefined} */
  #reject;
  #workerUrl;
  #onItem;

  /**
   * @param {string} workerUrl
   * @param {{onItem: (item: UploadItem) => void}} options onItem: an item's hashedBytes, sha256 or error changed
   */
  constructor(workerUrl, { onItem }) {
    this.#workerUrl = workerUrl;
    this.#onItem = onItem;
  }

  /**
   * Set `sha256` or `error` of the items. Rejects with an AbortError when cancelled.
   * @param {UploadItem[]} items
   */
  async hash(items) {
    for (const item of items) {
      const known = digestsByFile.get(item.file);
      if (known) this.#finish(item, known.sha256, known.cacheKey);
    }
    const queue = items.filter((item) => !item.sha256).sort((a, b) => b.size - a.size);
    const count = Math.min(MAX_WORKERS, Math.max(2, (navigator.hardwareConcurrency ?? 2) - 1), queue.length);
    this.#workers = Array.from({ length: count }, () => new Worker(this.#workerUrl, { type: "module" }));
    if (this.#isPaused) this.pause();
    try {
      await Promise.all(this.#workers.map((worker) => this.#feed(worker, queue)));
    } finally {
      this.#stop();
    }
  }

  /**
   * Give batches from the queue to a worker until the queue is empty.
   * @param {Worker} worker
   * @param {UploadItem[]} queue
   * @returns {Promise<void>}
   */
  #feed(worker, queue) {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      /** @type {UploadItem[]} */
      let batch = [];
      const next = () => {
        batch = takeBatch(queue);
        if (batch.length) worker.postMessage({ files: batch.map(({ file, path }) => ({ file, path })) });
        else resolve();
      };
      worker.addEventListener("error", () => reject(workerError()));
      worker.addEventListener("message", (/** @type {MessageEvent<WorkerMessage>} */ { data }) => {
        const item = data.index === undefined ? undefined : batch[data.index];
        if (item) this.#report(item, data);
        else next();
      });
      next();
    });
  }

  /**
   * @param {UploadItem} item
   * @param {WorkerMessage} message
   */
  #report(item, { sha256, cacheKey = "", error, hashedBytes = 0 }) {
    if (sha256) {
      this.#finish(item, sha256, cacheKey);
      return;
    }
    if (error) item.error = readErrorMessage(error);
    else item.hashedBytes = hashedBytes;
    this.#onItem(item);
  }

  /**
   * @param {UploadItem} item
   * @param {string} sha256
   * @param {string} cacheKey
   */
  #finish(item, sha256, cacheKey) {
    digestsByFile.set(item.file, { sha256, cacheKey });
    Object.assign(item, { sha256, cacheKey, hashedBytes: item.size });
    this.#onItem(item);
  }

  /**
   * Remove the items from the digest cache, when a refresh of the page would not need them any more.
   * @param {UploadItem[]} items
   */
  discardCached(items) {
    return deleteDigests(items.map((item) => item.cacheKey).filter(Boolean));
  }

  pause() {
    this.#isPaused = true;
    for (const worker of this.#workers) worker.postMessage({ pause: true });
  }

  resume() {
    this.#isPaused = false;
    for (const worker of this.#workers) worker.postMessage({ pause: false });
  }

  cancel() {
    this.#stop();
    this.#reject?.(new DOMException("Cancelled", "AbortError"));
  }

  #stop() {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }
}

/**
 * Take a large file, or several small ones, from the front of the queue.
 * @param {{size: number}[]} queue
 * @returns {any[]}
 */
export function takeBatch(queue) {
  let count = 0;
  let bytes = 0;
  for (const { size } of queue) {
    bytes += size;
    if (count === MAX_FILES_PER_BATCH || (count > 0 && bytes > MAX_BYTES_PER_BATCH)) break;
    count += 1;
  }
  return queue.splice(0, count);
}

const workerError = () =>
  new ApiError(0, { detail: gettext("This browser cannot read files at the moment. Reload the page and try again.") });
