// Media that break off after they had begun: the network was unavailable, or the store's address has expired.

const PAUSE = 30_000; // milliseconds between two attempts

/**
 * Load an element again where it was, if it fails after it had begun; only a failure soon afterwards is an error.
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
    if (!hasBegun || now - last < PAUSE) return;
    event.stopImmediatePropagation();
    hasBegun = false;
    last = now;
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
  });
}
