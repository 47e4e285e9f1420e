// One file of an upload, as the page shows it.
import { gettext } from "../i18n.js";

/** @typedef {{file: File, path: string}} ChosenFile path: with its folders, as chosen */

/**
 * waiting: for its turn. hashing: is being read. stored: the portal has it already. uploading, uploaded: its bytes are
 * sent. failed: see `error`.
 * @typedef {"waiting" | "hashing" | "stored" | "uploading" | "uploaded" | "failed"} ItemState
 */

export class UploadItem {
  /** @type {ItemState} */
  state = "waiting";
  sha256 = "";
  /** Key of its digest in the digest cache; "" for small files. */
  cacheKey = "";
  hashedBytes = 0;
  sentBytes = 0;
  error = "";

  /** @param {ChosenFile} chosen */
  constructor({ file, path }) {
    this.file = file;
    this.path = path;
    this.size = file.size;
  }

  /** The file in requests; its modification time in nanoseconds, if the browser knows it. */
  get description() {
    const { path, size, sha256 } = this;
    const modified = this.file.lastModified;
    return { path, size, sha256, ...(modified ? { mtime_ns: modified * 1_000_000 } : {}) };
  }
}

const MISSING = gettext("It was moved, renamed or deleted after it was chosen. Choose it again, or leave it out.");
const CHANGED = gettext("It was changed after it was chosen, or cannot be read. Choose it again, or leave it out.");

/**
 * Return what a failed read means to the user.
 * @param {string} errorName name of the DOMException
 */
export const readErrorMessage = (errorName) => (errorName === "NotFoundError" ? MISSING : CHANGED);
