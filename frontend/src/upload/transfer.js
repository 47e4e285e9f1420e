// What travels as one upload: a large file, or a pack of small ones. It is sent in parts of equal size.
/** @import { UploadItem } from "./upload-item.js" */

/** An upload as the API describes it. */
/**
 * @typedef {object} UploadResource
 * @property {string} code
 * @property {"receiving" | "received" | string} state
 * @property {boolean} direct whether parts go to the object store
 * @property {number} part_size
 * @property {number} part_count
 * @property {{number: number, size: number}[]} parts those that have arrived
 */

export class Transfer {
  code = "";
  isDirect = false;
  /** Whether the server has joined all parts. */
  isComplete = false;
  partSize = 0;
  partCount = 0;
  /** Whether its files have to be packed again, because one of them cannot be read any more. */
  isBroken = false;
  /** @type {Set<number>} */
  #arrived = new Set();
  #arrivedBytes = 0;
  /** @type {Map<number, number>} bytes sent of the parts in flight, by part number */
  #inFlight = new Map();

  /** @param {UploadItem[]} items */
  constructor(items) {
    this.items = items;
    this.size = items.reduce((sum, item) => sum + item.size, 0);
  }

  /** Body of the request that creates the upload. */
  get description() {
    const [first, ...others] = this.items.map((item) => item.description);
    return others.length ? { files: [first, ...others] } : first;
  }

  get sentBytes() {
    if (this.isComplete) return this.size;
    return [...this.#inFlight.values()].reduce((sum, bytes) => sum + bytes, this.#arrivedBytes);
  }

  /** Whether all parts have arrived. */
  get isUploaded() {
    return this.isComplete || (this.code !== "" && (this.size === 0 || this.#arrived.size === this.partCount));
  }

  get missingParts() {
    const numbers = Array.from({ length: this.partCount }, (_, index) => index + 1);
    return numbers.filter((number) => !this.#arrived.has(number));
  }

  /**
   * Take over what the server knows about this upload.
   * @param {UploadResource} upload
   */
  open({ code, state, direct, part_size: partSize, part_count: partCount, parts }) {
    this.code = code;
    this.isDirect = direct;
    this.partSize = partSize;
    this.partCount = partCount;
    this.isComplete = state === "received";
    this.#arrived = new Set(parts.map(({ number }) => number));
    this.#arrivedBytes = parts.reduce((sum, part) => sum + part.size, 0);
  }

  /** Discard what is known about the upload: the server has deleted it. */
  reset() {
    this.code = "";
    this.isComplete = false;
    this.#arrived.clear();
    this.#arrivedBytes = 0;
  }

  /** @param {number} number */
  #sizeOf(number) {
    return Math.min(this.partSize, this.size - (number - 1) * this.partSize);
  }

  /**
   * Return the bytes of a part.
   * @param {number} number from 1
   */
  part(number) {
    const [first, ...others] = this.items.map(({ file }) => file);
    const whole = first && !others.length ? first : new Blob(this.items.map(({ file }) => file));
    const start = (number - 1) * this.partSize;
    return whole.slice(start, start + this.#sizeOf(number));
  }

  /**
   * @param {number} number
   * @param {number} bytes 0: it is no longer in flight
   */
  reportProgress(number, bytes) {
    if (bytes) this.#inFlight.set(number, Math.min(bytes, this.#sizeOf(number)));
    else this.#inFlight.delete(number);
  }

  /** @param {number} number */
  markArrived(number) {
    this.#inFlight.delete(number);
    if (this.#arrived.has(number)) return;
    this.#arrived.add(number);
    this.#arrivedBytes += this.#sizeOf(number);
  }

  /** @param {number[]} numbers parts that the server has lost */
  markLost(numbers) {
    for (const number of numbers) {
      if (this.#arrived.delete(number)) this.#arrivedBytes -= this.#sizeOf(number);
    }
  }
}
