// Bring files to the portal: hash them, ask which it has, and send the others part by part.
//
// The server recognizes an upload by the digests of its files. So an upload that was interrupted, by a refresh or a day
// ago, resumes with the parts that are missing.
import { HashPool } from "./hash-pool.js";
import { PartQueue, UnreadableError } from "./part-queue.js";
import { PartUrls } from "./part-urls.js";
import { planTransfers } from "./plan.js";
import { Retrier } from "./retrier.js";
import { UploadApi } from "./upload-api.js";
import { UploadItem } from "./upload-item.js";

/** @import { ApiError } from "../api.js" */
/** @import { Transfer } from "./transfer.js" */
/** @import { UploadUrls } from "./upload-api.js" */
/** @import { ChosenFile, ItemState } from "./upload-item.js" */

const ROUNDS = 3; // how often lost parts are sent again before the upload counts as failed

/** @typedef {"" | "hashing" | "uploading" | "saving"} Phase */

/**
 * @typedef {object} UploadListener
 * @property {(item: UploadItem) => void} onItem an item changed
 * @property {(phase: Phase) => void} onPhase
 * @property {(reason: string) => void} onWaiting what is waited for, "" when the wait is over
 * @property {() => void} onSignedOut everything is paused
 */

export class Uploader {
  /** @type {Phase} */
  phase = "";
  /** @type {Transfer[]} */
  #transfers = [];
  /** @type {PartQueue | null} */
  #queue = null;
  /** @type {{partSize: number, packFileSize: number} | null} */
  #limits = null;
  #hashPool;
  #api;
  #listener;

  /**
   * @param {ChosenFile[]} files
   * @param {object} options
   * @param {UploadUrls & {hashWorker: string}} options.urls
   * @param {UploadListener} options.listener
   */
  constructor(files, { urls, listener }) {
    this.items = files.map((file) => new UploadItem(file));
    this.#listener = listener;
    this.retrier = new Retrier({
      onWaiting: listener.onWaiting,
      onSignedOut: () => {
        this.pause();
        listener.onSignedOut();
      },
    });
    this.#api = new UploadApi(urls, this.retrier);
    this.#hashPool = new HashPool(urls.hashWorker, { onItem: (item) => this.#onHashed(item) });
  }

  // ---- State ----

  get isPaused() {
    return this.retrier.isPaused;
  }

  /** Bytes of the current phase. */
  get progress() {
    if (this.phase === "hashing") {
      return { done: sum(this.items, (item) => item.hashedBytes), total: sum(this.items, (item) => item.size) };
    }
    const sent = this.items.filter((item) => item.state !== "stored");
    return { done: sum(sent, (item) => item.sentBytes), total: sum(sent, (item) => item.size) };
  }

  get failed() {
    return this.items.filter((item) => item.state === "failed");
  }

  /** Items that the portal had already. */
  get stored() {
    return this.items.filter((item) => item.state === "stored");
  }

  /** Codes of the uploads that are complete. */
  get uploads() {
    return this.#transfers.filter((transfer) => transfer.isComplete).map((transfer) => transfer.code);
  }

  /** What a save needs about the stored items. */
  get blobs() {
    return this.stored.map((item) => item.description);
  }

  // ---- Control ----

  /**
   * Upload everything; a second call tries again what failed. Throws an AbortError when cancelled.
   * @returns {Promise<boolean>} whether all files are in the portal
   */
  async run() {
    for (const item of this.failed) this.#update(item, "waiting", { error: "", sentBytes: 0 });
    await this.#hash();
    await this.#findStored();
    this.#enter("uploading");
    for (let round = 0; round < ROUNDS && (round === 0 || this.#unsent.length); round += 1) {
      await this.#plan();
      await this.#send();
      await this.#complete();
    }
    return this.failed.length === 0 && this.#unsent.length === 0;
  }

  pause() {
    this.retrier.pause();
    this.#hashPool.pause();
    this.#queue?.interrupt();
  }

  resume() {
    this.retrier.resume();
    this.#hashPool.resume();
  }

  /** Stop, and free the space on the server. Uploads that cannot be deleted expire. */
  async cancel() {
    this.retrier.cancel();
    this.#hashPool.cancel();
    this.#queue?.cancel();
    await this.#hashPool.discardCached(this.items);
    await this.#api.discardUploads(this.#transfers.map((transfer) => transfer.code).filter(Boolean));
  }

  /** Clean up after the files became a version or an import. */
  async finish() {
    await this.#hashPool.discardCached(this.items);
  }

  /** Forget what the server has, after it reported something as missing: the next run asks again. */
  invalidate() {
    this.#transfers = [];
    for (const item of this.items) if (item.state !== "failed") this.#update(item, "waiting", { sentBytes: 0 });
  }

  // ---- Hashing ----

  async #hash() {
    const items = this.items.filter((item) => item.state === "waiting" && !item.sha256);
    if (!items.length) return;
    this.#enter("hashing");
    await this.retrier.ready();
    await this.#hashPool.hash(items);
    this.retrier.signal.throwIfAborted();
  }

  /** @param {UploadItem} item */
  #onHashed(item) {
    if (item.error) this.#update(item, "failed", { hashedBytes: 0 });
    else this.#update(item, item.sha256 ? "waiting" : "hashing");
  }

  async #findStored() {
    const items = this.#unplanned;
    const missing = await this.#api.findMissing(items);
    for (const item of items) if (!missing.has(item.sha256)) this.#update(item, "stored");
    // The server cannot verify files that are not sent: their digests must be of what was read just now.
    await this.#hashPool.discardCached(this.stored);
  }

  // ---- Sending ----

  get #unsent() {
    return this.items.filter((item) => item.state === "waiting" || item.state === "uploading");
  }

  get #unplanned() {
    const planned = new Set(this.#transfers.flatMap((transfer) => transfer.items));
    return this.#unsent.filter((item) => !planned.has(item));
  }

  async #plan() {
    this.#transfers = this.#transfers.filter((transfer) => !transfer.isBroken);
    const items = this.#unplanned;
    if (items.length) {
      this.#limits ??= await this.#api.getLimits();
      this.#transfers.push(...planTransfers(items, this.#limits));
    }
    const created = this.#transfers.filter((transfer) => !transfer.code);
    await this.#api.createUploads(created, (transfer) => this.#updateItems(transfer));
  }

  async #send() {
    const transfers = this.#transfers.filter((transfer) => !transfer.isUploaded);
    if (!transfers.length) return;
    const urls = new PartUrls({
      transfers,
      signParts: (parts) => this.#api.signParts(parts),
      partUrl: (code, number) => this.#api.partUrl(code, number),
    });
    this.#queue = new PartQueue({
      retrier: this.retrier,
      urls,
      onConnected: () => this.#listener.onWaiting(""),
      onProgress: (transfer) => this.#updateItems(transfer),
      onFailed: (transfer, error) => this.#fail(transfer, error),
    });
    try {
      await this.#queue.run(transfers);
    } finally {
      this.#queue = null;
      this.#listener.onWaiting("");
    }
  }

  /**
   * @param {Transfer} transfer
   * @param {ApiError | UnreadableError} error
   */
  #fail(transfer, error) {
    const isUnreadable = error instanceof UnreadableError;
    transfer.isBroken = isUnreadable || transfer.code === "";
    for (const item of transfer.items) {
      const reason = isUnreadable ? error.reasons.get(item) : error.message;
      if (reason === undefined) {
        this.#update(item, "waiting", { sentBytes: 0 }); // goes into another pack
      } else {
        this.#update(item, "failed", { error: reason, sentBytes: 0, sha256: isUnreadable ? "" : item.sha256 });
      }
    }
  }

  async #complete() {
    await this.#api.completeUploads(this.#transfers.filter((each) => each.isUploaded && !each.isComplete));
    for (const transfer of this.#transfers) this.#updateItems(transfer);
  }

  // ---- Reporting ----

  /** @param {Phase} phase */
  #enter(phase) {
    this.phase = phase;
    this.#listener.onPhase(phase);
  }

  /**
   * @param {UploadItem} item
   * @param {ItemState} state
   * @param {Partial<UploadItem>} [changes]
   */
  #update(item, state, changes) {
    Object.assign(item, { state, ...changes });
    this.#listener.onItem(item);
  }

  /**
   * Derive the progress of files from that of their upload, which sends them one after another.
   * @param {Transfer} transfer
   */
  #updateItems(transfer) {
    let start = 0;
    for (const item of transfer.items) {
      const sentBytes = Math.min(item.size, Math.max(0, transfer.sentBytes - start));
      start += item.size;
      if (item.state === "failed") continue;
      const state = stateOf(transfer, item, sentBytes);
      if (state !== item.state || sentBytes !== item.sentBytes) this.#update(item, state, { sentBytes });
    }
  }
}

/**
 * @param {Transfer} transfer
 * @param {UploadItem} item
 * @param {number} sentBytes of the item
 * @returns {ItemState}
 */
function stateOf(transfer, item, sentBytes) {
  if (transfer.isComplete) return "uploaded";
  if (sentBytes === 0 && item.size > 0) return "waiting";
  if (transfer.sentBytes === 0) return "waiting";
  return sentBytes === item.size ? "uploaded" : "uploading";
}

/**
 * @param {UploadItem[]} items
 * @param {(item: UploadItem) => number} amount
 */
const sum = (items, amount) => items.reduce((total, item) => total + amount(item), 0);
