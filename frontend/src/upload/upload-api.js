// The requests of an upload, each for many files at a time.
import { ApiError, fillUrl, request } from "../api.js";
import { batches, planRequests } from "./plan.js";

/** @import { Retrier } from "./retrier.js" */
/** @import { Transfer } from "./transfer.js" */
/** @import { SignedPart } from "./part-urls.js" */

const MAX_DIGESTS_PER_REQUEST = 5000;
const MAX_COMPLETED_PER_REQUEST = 200;
const PARALLEL_DELETIONS = 3;

/**
 * Addresses of the API, with placeholders for `fillUrl`.
 * @typedef {object} UploadUrls
 * @property {string} limits
 * @property {string} [missingBlobs] none: the portal is not asked which files it has
 * @property {string} createUploads
 * @property {string} signParts
 * @property {string} part
 * @property {string} completeUploads
 * @property {string} discardUpload
 */

export class UploadApi {
  #urls;
  #retrier;

  /**
   * @param {UploadUrls} urls
   * @param {Retrier} retrier
   */
  constructor(urls, retrier) {
    this.#urls = urls;
    this.#retrier = retrier;
  }

  /** @returns {Promise<{partSize: number, packFileSize: number}>} */
  async getLimits() {
    const { part_size: partSize, max_pack_file_size: packFileSize } = await this.#send("GET", this.#urls.limits);
    return { partSize, packFileSize };
  }

  /**
   * Return the digests of the blobs that the portal does not have, or that the user cannot read.
   * @param {{sha256: string, size: number}[]} blobs
   * @returns {Promise<Set<string>>}
   */
  async findMissing(blobs) {
    const distinct = [...new Map(blobs.map(({ sha256, size }) => [sha256, { sha256, size }])).values()];
    const url = this.#urls.missingBlobs;
    if (url === undefined) return new Set(distinct.map(({ sha256 }) => sha256));
    const missing = new Set();
    for (const batch of batches(distinct, MAX_DIGESTS_PER_REQUEST)) {
      const response = await this.#send("POST", url, { blobs: batch });
      for (const sha256 of response.missing) missing.add(sha256);
    }
    return missing;
  }

  /**
   * Create uploads, or find those that were interrupted.
   * @param {Transfer[]} transfers
   * @param {(transfer: Transfer) => void} onOpened
   */
  async createUploads(transfers, onOpened) {
    for (const batch of planRequests(transfers)) {
      const body = { uploads: batch.map((transfer) => transfer.description) };
      const { uploads } = await this.#send("POST", this.#urls.createUploads, body);
      for (const [index, transfer] of batch.entries()) {
        transfer.open(uploads[index]);
        onOpened(transfer);
      }
    }
  }

  /**
   * Request signed addresses. Not retried: sending the part is.
   * @param {{upload: string, number: number}[]} parts
   * @returns {Promise<SignedPart[]>}
   */
  async signParts(parts) {
    return (await request("POST", this.#urls.signParts, { parts }, { signal: this.#retrier.signal })).parts;
  }

  /**
   * @param {string} code
   * @param {number} number
   */
  partUrl(code, number) {
    return fillUrl(this.#urls.part, code, number);
  }

  /**
   * Complete uploads whose parts have arrived; mark the parts that the server has lost.
   * @param {Transfer[]} transfers
   */
  async completeUploads(transfers) {
    for (const batch of batches(transfers, MAX_COMPLETED_PER_REQUEST)) {
      const lostParts = await this.#complete(batch.map(({ code }) => code));
      for (const transfer of batch) {
        const lost = lostParts.get(transfer.code);
        if (lost) transfer.markLost(lost);
        else transfer.isComplete = true;
      }
    }
  }

  /**
   * @param {string[]} codes
   * @returns {Promise<Map<string, number[]>>} missing part numbers of the uploads that are not complete
   */
  async #complete(codes) {
    try {
      await this.#send("POST", this.#urls.completeUploads, { uploads: codes });
      return new Map();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "upload_incomplete") throw error;
      /** @type {{upload: string, missing: number[]}[]} */
      const incomplete = error.problem.incomplete;
      return new Map(incomplete.map(({ upload, missing }) => [upload, missing]));
    }
  }

  /**
   * Delete uploads. Those for which this fails expire.
   * @param {string[]} codes
   */
  async discardUploads(codes) {
    for (const batch of batches(codes, PARALLEL_DELETIONS)) {
      await Promise.allSettled(batch.map((code) => request("DELETE", fillUrl(this.#urls.discardUpload, code))));
    }
  }

  /**
   * @param {string} method
   * @param {string} url
   * @param {unknown} [body]
   */
  #send(method, url, body) {
    return this.#retrier.run(() => request(method, url, body, { signal: this.#retrier.signal }));
  }
}
