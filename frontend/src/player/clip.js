// Single sounds in place: buttons with data-play-file, one of which plays at a time.
import { gettext } from "../i18n.js";
import { showToast } from "../toasts.js";

/**
 * @param {() => void} onPlay called before one plays
 * @param {AbortSignal} signal ends the connection
 */
export function connectClips(onPlay, signal) {
  const element = new Audio();
  /** @type {HTMLElement | null} */
  let button = null;

  const stop = () => {
    element.pause();
    button?.setAttribute("aria-pressed", "false");
    button = null;
  };
  element.addEventListener("ended", stop);
  element.addEventListener("error", () => {
    if (!button) return;
    const name = decodeURIComponent(new URL(element.src).pathname.split("/").at(-1) ?? "");
    showToast({ text: gettext("This audio cannot be played."), subject: name, level: "warn" });
    stop();
  });
  signal.addEventListener("abort", stop);
  const onClick = (/** @type {MouseEvent} */ event) => {
    const clicked = /** @type {Element} */ (event.target).closest("[data-play-file]");
    if (!(clicked instanceof HTMLElement)) return;
    event.preventDefault();
    const isStop = clicked === button;
    stop();
    if (isStop) return;
    onPlay();
    button = clicked;
    button.setAttribute("aria-pressed", "true");
    element.src = button.dataset.playFile ?? "";
    element.play().catch(() => {}); // a notice shows its error
  };
  document.addEventListener("click", onClick, { signal });
  return stop;
}
