// Helpers for tests: files, transfers and a network that can be switched off.
import { Retrier } from "../src/upload/retrier.js";
import { Transfer } from "../src/upload/transfer.js";
import { UploadItem } from "../src/upload/upload-item.js";

/**
 * @param {string} path
 * @param {number} size
 */
export function createItem(path, size) {
  const name = path.split("/").at(-1) ?? path;
  const item = new UploadItem({ file: new File([new Uint8Array(size)], name, { lastModified: 0 }), path });
  item.sha256 = `digest of ${path}`;
  return item;
}

/**
 * Return a transfer that the server knows.
 * @param {string} code
 * @param {UploadItem[]} items
 * @param {{partSize?: number, isDirect?: boolean, arrived?: number[]}} [options]
 */
export function createTransfer(code, items, { partSize = 10, isDirect = false, arrived = [] } = {}) {
  const transfer = new Transfer(items);
  transfer.open({
    code,
    state: "receiving",
    direct: isDirect,
    part_size: partSize,
    part_count: Math.ceil(transfer.size / partSize),
    parts: arrived.map((number) => ({ number, size: partSize })),
  });
  return transfer;
}

export class FakeNetwork {
  #isOnline = true;
  /** @type {(() => void)[]} */
  #listeners = [];

  isOnline = () => this.#isOnline;

  /** @param {() => void} listener */
  onceOnline = (listener) => {
    this.#listeners.push(listener);
  };

  disconnect() {
    this.#isOnline = false;
  }

  connect() {
    this.#isOnline = true;
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

/** Return a retrier and what it has reported. */
export function createRetrier() {
  /** @type {string[]} */
  const reasons = [];
  /** @type {Error[]} */
  const signOuts = [];
  const network = new FakeNetwork();
  const retrier = new Retrier({
    onWaiting: (reason) => reasons.push(reason),
    onSignedOut: (error) => signOuts.push(error),
    network,
  });
  return { retrier, network, reasons, signOuts };
}

/** Run the reactions of promises that are already resolved. */
export async function flushPromises() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/**
 * Set the language of the page, and the catalog that it has loaded.
 * @param {string} language
 * @param {{plural: (count: number) => number, messages: Record<string, string | string[]>}} [dubbingCatalog]
 */
export function usePage(language, dubbingCatalog) {
  Object.assign(globalThis, { document: { documentElement: { lang: language } }, dubbingCatalog });
}
