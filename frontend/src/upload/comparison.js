// Comparison of chosen files with a version: reads those of an unchanged size, whose digests show whether they changed.
import { findDigest, HashPool } from "./hash-pool.js";
import { UploadItem } from "./upload-item.js";

/** @import { ChosenFile } from "./upload-item.js" */

export class Comparison {
  #pool;

  /** @param {string} workerUrl */
  constructor(workerUrl) {
    this.#pool = new HashPool(workerUrl, { onItem: () => {} });
  }

  /**
   * Read the files. Rejects with an AbortError when cancelled; what cannot be read is reported by the upload.
   * @param {ChosenFile[]} files
   */
  async read(files) {
    await this.#pool.hash(files.map((file) => new UploadItem(file)));
  }

  cancel() {
    this.#pool.cancel();
  }
}

/**
 * Describe files for a preview of the changes, with the digests that this page knows.
 * @param {ChosenFile[]} files
 */
export const describeFiles = (files) =>
  files.map(({ file, path }) => {
    const sha256 = findDigest(file);
    return { path, size: file.size, ...(sha256 ? { sha256 } : {}) };
  });
