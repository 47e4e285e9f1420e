// Media that cannot be loaded, or break off after they had begun: the network or the store does not respond, or the
// store's address has expired.

const PAUSE = 30_000; // milliseconds: a failure sooner after the last one is an error
const RETRY = { first: 2_000, longest: 30_000 }; // milliseconds between two attempts to fetch a file
const TIMEOUT = 10_000; // milliseconds until a fetch has failed

/** Addresses that cannot be fetched. @type {WeakMap<HTMLMediaElement, string>} */
const unavailable = new WeakMap();

/**
 * Return whether the file of an element that has failed cannot be fetched; else it cannot be decoded.
 * @param {HTMLMediaElement} element
 */
export const isUnavailable = (element) => unavailable.get(element) === element.src;

/**
 * Load an element again where it was, if it fails after it had begun; only a failure soon afterwards is an error. An element
 * with an error is loaded again, too; if its file cannot be fetched, it dispatches `unavailable`, and is loaded when it can be,
 * unless it has another file by then.
 * To be called before other listeners for errors are added.
 * @param {HTMLMediaElement} element
 */
export function recoverFromErrors(element) {
  let hasBegun = false;
  let last = -Infinity;
  element.addEventListener("loadedmetadata", () => {
    hasBegun = true;
  });
  element.addEventListener("error", (event) => {
    const now = performance.now();
    const isFirst = now - last >= PAUSE;
    if (isFirst) last = now;
    if (!hasBegun || !isFirst) {
      loadWhenAvailable(element, isFirst);
      return;
    }
    event.stopImmediatePropagation();
    hasBegun = false;
    loadAgain(element);
  });
}

/** @param {HTMLMediaElement} element */
function loadAgain(element) {
  const { currentTime, paused, playbackRate } = element;
  element.load(); // asks the portal again
  element.addEventListener(
    "loadedmetadata",
    () => {
      element.currentTime = currentTime;
      element.playbackRate = playbackRate;
      if (!paused) element.play().catch(() => {}); // a pause came first
    },
    { once: true },
  );
}

/**
 * @param {HTMLMediaElement} element
 * @param {boolean} isFirst whether to load it also if its file can be fetched: perhaps it could not a moment ago
 */
async function loadWhenAvailable(element, isFirst) {
  const source = element.src;
  for (let pause = RETRY.first; source && !(await canFetch(source)); pause = Math.min(2 * pause, RETRY.longest)) {
    if (element.src !== source) return; // it has another file, or is not used any more
    if (unavailable.get(element) !== source) {
      unavailable.set(element, source);
      element.dispatchEvent(new Event("unavailable"));
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (element.src !== source) return;
  }
  if (element.src !== source) return;
  const mayHaveChanged = unavailable.delete(element) || isFirst;
  if (source && mayHaveChanged) loadAgain(element);
}

/** @param {string} source */
async function canFetch(source) {
  try {
    const signal = AbortSignal.timeout(TIMEOUT);
    const response = await fetch(source, { headers: { range: "bytes=0-0" }, cache: "no-store", signal });
    await response.body?.cancel();
    return response.status === 206 || response.status === 416; // the latter for an empty file
  } catch {
    return false;
  }
}
