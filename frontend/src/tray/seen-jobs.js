// The ended jobs whose end this user has seen in this browser: no page repeats a notice, and no two tabs show the same.

/** @import { LiveJob } from "../live.js" */

const KEPT = 24 * 3600 * 1000; // milliseconds; the server lists ended jobs for half as long

/** @typedef {{since: string, codes: Record<string, string>}} Record_ since: when this browser began; codes: time of the end by job */

export class SeenJobs {
  #key;
  /** @type {Record_} */
  #record;
  #storage;

  /**
   * @param {string} user
   * @param {string} now time of the server: what ended before the first page is not reported
   * @param {Pick<Storage, "getItem" | "setItem">} storage
   */
  constructor(user, now, storage) {
    this.#key = `seen-jobs:${user}`;
    this.#storage = storage;
    this.#record = { since: now, codes: {} };
    this.#store(this.#load());
  }

  /**
   * Return the jobs that have not been reported, which count as reported now.
   * @param {LiveJob[]} ended
   */
  claim(ended) {
    const record = this.#load();
    const isNew = (/** @type {LiveJob} */ job) =>
      Date.parse(job.finished_at ?? "") > Date.parse(record.since) && record.codes[job.code] !== job.finished_at;
    const fresh = ended.filter(isNew);
    if (!fresh.length) return [];
    for (const job of fresh) record.codes[job.code] = job.finished_at ?? "";
    const newest = Math.max(...Object.values(record.codes).map((at) => Date.parse(at)));
    for (const [code, at] of Object.entries(record.codes)) {
      if (Date.parse(at) < newest - KEPT) delete record.codes[code];
    }
    this.#store(record);
    return fresh;
  }

  /** Forget a job whose notice was not shown long enough to be read. @param {string} code */
  release(code) {
    const record = this.#load();
    delete record.codes[code];
    this.#store(record);
  }

  /** @returns {Record_} */
  #load() {
    try {
      return JSON.parse(this.#storage.getItem(this.#key) ?? "null") ?? this.#record;
    } catch {
      return this.#record; // what this page knows, where the browser stores nothing
    }
  }

  /** @param {Record_} record */
  #store(record) {
    this.#record = record;
    try {
      this.#storage.setItem(this.#key, JSON.stringify(record));
    } catch {
      // Full, or forbidden by the browser.
    }
  }
}
