// Send the missing parts of several uploads, a few at a time, with pauses, retries and cancellation.
import { ApiError } from "../api.js";
import { putPart } from "./put-part.js";
import { PausedError } from "./retrier.js";
import { readErrorMessage } from "./upload-item.js";

/** @import { PartUrls } from "./part-urls.js" */
/** @import { Retrier } from "./retrier.js" */
/** @import { Transfer } from "./transfer.js" */
/** @import { UploadItem } from "./upload-item.js" */

const PARALLEL_PARTS = 4;
/** Codes of the portal for an upload that it does not accept parts for any more. */
const CLOSED_UPLOAD = ["not_found", "upload_deleted", "upload_expired", "upload_complete"];

/** Files of an upload changed after they were chosen, or cannot be read any more. */
export class UnreadableError extends Error {
  /** @param {Map<UploadItem, string>} reasons */
  constructor(reasons) {
    super([...reasons.values()][0]);
    this.reasons = reasons;
  }
}

export class PartQueue {
  /** @type {Map<AbortController, Transfer>} requests in flight */
  #active = new Map();
  /** @type {Set<Transfer>} */
  #failed = new Set();
  #retrier;
  #urls;
  #onConnected;
  #onProgress;
  #onFailed;
  #put;

  /**
   * @param {object} options
   * @param {Retrier} options.retrier
   * @param {PartUrls} options.urls
   * @param {() => void} options.onConnected is called when a request has sent its first bytes
   * @param {(transfer: Transfer) => void} options.onProgress
   * @param {(transfer: Transfer, error: ApiError | UnreadableError) => void} options.onFailed
   *   is called once per transfer; the others are still sent
   * @param {typeof putPart} [options.put]
   */
  constructor({ retrier, urls, onConnected, onProgress, onFailed, put = putPart }) {
    this.#retrier = retrier;
    this.#urls = urls;
    this.#onConnected = onConnected;
    this.#onProgress = onProgress;
    this.#onFailed = onFailed;
    this.#put = put;
  }

  /**
   * Send all missing parts. Throws an AbortError when the retrier was cancelled.
   * @param {Transfer[]} transfers
   */
  async run(transfers) {
    const parts = partsOf(transfers);
    const lanes = await Promise.allSettled(Array.from({ length: PARALLEL_PARTS }, () => this.#runLane(parts)));
    for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
  }

  /** Stop what is in flight. After a resume the retrier sends it again. */
  interrupt() {
    for (const controller of this.#active.keys()) controller.abort(new PausedError());
  }

  cancel() {
    for (const controller of this.#active.keys()) controller.abort();
  }

  /** @param {Iterator<{transfer: Transfer, number: number}>} parts shared by all lanes */
  async #runLane(parts) {
    for (let next = parts.next(); !next.done; next = parts.next()) {
      const { transfer, number } = next.value;
      if (this.#failed.has(transfer)) continue;
      try {
        await this.#retrier.run(() => this.#send(transfer, number));
      } catch (error) {
        this.#fail(transfer, error);
      }
    }
  }

  /**
   * Mark a transfer as failed; rethrow errors that are not about it, such as a cancellation.
   * @param {Transfer} transfer
   * @param {unknown} error
   */
  #fail(transfer, error) {
    if (this.#failed.has(transfer)) return; // another part failed first, and aborted this one
    if (!(error instanceof ApiError || error instanceof UnreadableError)) throw error;
    this.#failed.add(transfer);
    for (const [controller, other] of this.#active) if (other === transfer) controller.abort();
    this.#onFailed(transfer, error);
  }

  /**
   * @param {Transfer} transfer
   * @param {number} number
   */
  async #send(transfer, number) {
    const controller = new AbortController();
    this.#active.set(controller, transfer);
    try {
      const { url, headers } = await this.#urls.get(transfer, number);
      controller.signal.throwIfAborted();
      let isConnected = false;
      await this.#put(url, transfer.part(number), {
        headers,
        signal: controller.signal,
        onProgress: (bytes) => {
          if (!isConnected) this.#onConnected();
          isConnected = true;
          transfer.reportProgress(number, bytes);
          this.#onProgress(transfer);
        },
      });
      transfer.markArrived(number);
    } catch (error) {
      throw error instanceof ApiError ? await this.#classify(error, transfer, number) : error;
    } finally {
      this.#active.delete(controller);
      transfer.reportProgress(number, 0);
      this.#onProgress(transfer);
    }
  }

  /**
   * Return the error with what it means for the upload.
   * @param {ApiError} error
   * @param {Transfer} transfer
   * @param {number} number
   */
  async #classify(error, transfer, number) {
    if (error.status === 0) {
      // A browser reports a file that was changed like a broken connection.
      const reasons = await findUnreadable(transfer.items);
      if (reasons.size) return new UnreadableError(reasons);
    }
    if (error.code === "store" && error.status < 500) {
      this.#urls.discard(transfer, number);
      error.isRetryable = true;
    }
    if (CLOSED_UPLOAD.includes(error.code)) transfer.reset();
    return error;
  }
}

/** @param {Transfer[]} transfers */
function* partsOf(transfers) {
  for (const transfer of transfers) {
    for (const number of transfer.missingParts) yield { transfer, number };
  }
}

/**
 * Read a byte of each file, and return those for which that fails.
 * @param {UploadItem[]} items
 * @returns {Promise<Map<UploadItem, string>>} why, by item
 */
async function findUnreadable(items) {
  const reasons = new Map();
  for (const item of items) {
    try {
      await item.file.slice(0, 1).arrayBuffer();
    } catch (error) {
      reasons.set(item, readErrorMessage(error instanceof DOMException ? error.name : ""));
    }
  }
  return reasons;
}
