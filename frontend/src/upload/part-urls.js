// Addresses to send parts to: the portal's own, or signed ones of the object store, requested many at a time.
/** @import { Transfer } from "./transfer.js" */

const MAX_PARTS_PER_REQUEST = 200;
const MIN_VALIDITY = 5 * 60 * 1000; // milliseconds for which an address must still be valid

/** @typedef {{upload: string, number: number, url: string, headers: Record<string, string>, expires_at: string}} SignedPart */
/** @typedef {{url: string, headers?: Record<string, string>}} PartUrl */

export class PartUrls {
  /** @type {Map<string, SignedPart>} */
  #signed = new Map();
  /** @type {Promise<void> | null} */
  #pending = null;
  #transfers;
  #signParts;
  #partUrl;

  /**
   * @param {object} options
   * @param {Transfer[]} options.transfers in the order in which they are sent
   * @param {(parts: {upload: string, number: number}[]) => Promise<SignedPart[]>} options.signParts
   * @param {(code: string, number: number) => string} options.partUrl
   */
  constructor({ transfers, signParts, partUrl }) {
    this.#transfers = transfers;
    this.#signParts = signParts;
    this.#partUrl = partUrl;
  }

  /**
   * Return the address of a part, and the headers that it requires.
   * @param {Transfer} transfer
   * @param {number} number
   * @returns {Promise<PartUrl>}
   */
  async get(transfer, number) {
    if (!transfer.isDirect) return { url: this.#partUrl(transfer.code, number) };
    for (;;) {
      const signed = this.#signed.get(keyOf(transfer, number));
      if (signed && Date.parse(signed.expires_at) - Date.now() > MIN_VALIDITY) {
        return { url: signed.url, headers: signed.headers };
      }
      // Parts that need an address in the meantime wait for the same response.
      this.#pending ??= this.#sign(transfer, number).finally(() => {
        this.#pending = null;
      });
      await this.#pending;
    }
  }

  /**
   * Discard an address that the store refused; the next attempt gets a new one.
   * @param {Transfer} transfer
   * @param {number} number
   */
  discard(transfer, number) {
    this.#signed.delete(keyOf(transfer, number));
  }

  /**
   * @param {Transfer} transfer
   * @param {number} number
   */
  async #sign(transfer, number) {
    const parts = [{ upload: transfer.code, number }];
    const following = this.#transfers.slice(this.#transfers.indexOf(transfer)).filter((each) => each.isDirect);
    for (const each of following) {
      if (parts.length >= MAX_PARTS_PER_REQUEST) break;
      const others = each.missingParts.filter(
        (other) => !(each === transfer && other === number) && !this.#signed.has(keyOf(each, other)),
      );
      parts.push(
        ...others.slice(0, MAX_PARTS_PER_REQUEST - parts.length).map((other) => ({ upload: each.code, number: other })),
      );
    }
    for (const part of await this.#signParts(parts)) this.#signed.set(`${part.upload} ${part.number}`, part);
  }
}

/**
 * @param {Transfer} transfer
 * @param {number} number
 */
const keyOf = (transfer, number) => `${transfer.code} ${number}`;
