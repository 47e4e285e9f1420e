// The document's title begins with the progress of an upload of this page, or else with that of the user's jobs.

/** Sources by priority: an upload would stop if the user closed the page. */
const SOURCES = /** @type {const} */ (["upload", "jobs"]);

/** @typedef {typeof SOURCES[number]} Source */

/**
 * Show progress in the title: scripts of a page have one title in common, which common.js writes.
 * @param {string} text such as "64 % Saving talk"; "": none
 * @param {Source} [source]
 */
export function setTitleProgress(text, source = "upload") {
  document.dispatchEvent(new CustomEvent("title:progress", { detail: { text, source } }));
}

/**
 * Show another name in the title, after a rename.
 * @param {string} previous
 * @param {string} name
 */
export function renameInTitle(previous, name) {
  document.dispatchEvent(new CustomEvent("title:renamed", { detail: { previous, name } }));
}

/** Write the title of this page. */
export function startTitle() {
  let base = document.title;
  /** @type {string | null} */
  let current = null;
  /** @type {Map<Source, string>} */
  const texts = new Map();
  const write = () => {
    document.title = joinTitle(SOURCES.map((each) => texts.get(each) ?? "").find(Boolean) ?? "", base);
  };
  document.addEventListener("title:progress", (event) => {
    const { text, source } = /** @type {CustomEvent<{text: string, source: Source}>} */ (event).detail;
    texts.set(source, text);
    write();
  });
  document.addEventListener("title:renamed", (event) => {
    const { previous, name } = /** @type {CustomEvent<{previous: string, name: string}>} */ (event).detail;
    // Reported by the field in which it was entered, and by the news about the session.
    if (name === current || !base.includes(previous)) return;
    base = base.replace(previous, () => name);
    current = name;
    write();
  });
}

/**
 * @param {string} progress
 * @param {string} base
 */
export const joinTitle = (progress, base) => (progress ? `${progress} · ${base}` : base);

/**
 * Return a text such as "64 % Saving talk".
 * @param {number} done
 * @param {number} total
 * @param {string} text
 */
export const describeProgress = (done, total, text) => `${total ? Math.floor((100 * done) / total) : 100} % ${text}`;
