// The picture in a corner of the window while the player is above it: its lines are read, and chosen, beside the picture.
import { create, icon } from "../dom.js";
import { gettext } from "../i18n.js";

/** @typedef {import("./player.js").Player} Player */

/** Share of the picture that is scrolled out of sight. */
const HIDDEN = 0.6;
/** Fractions of the player's height at which its position is checked. */
const STEPS = 20;

/**
 * Show the picture in the corner from when the player plays out of sight until it is seen again, or closed.
 * @param {Player} player
 * @param {HTMLElement} root
 * @param {HTMLElement} frame with the picture
 * @param {AbortSignal} signal ends it
 */
export function connectMini(player, root, frame, signal) {
  if (!("showPopover" in frame)) return;
  const close = create("button", "player-mini-close");
  close.type = "button";
  close.hidden = true;
  close.setAttribute("aria-label", gettext("Pause and close the small picture"));
  close.append(icon("close"));
  frame.append(close);
  let isAbove = false;
  let isClosed = false;
  let height = frame.offsetHeight;

  const end = () => {
    if (!frame.classList.contains("is-mini")) return;
    if (document.activeElement === close) root.focus({ preventScroll: true });
    frame.classList.remove("is-mini");
    frame.removeAttribute("popover"); // it leaves the top layer
    root.style.removeProperty("min-height");
    close.hidden = true;
  };
  const update = () => {
    if (!isAbove) end();
    else if (player.transport.isPlaying && !isClosed && !frame.classList.contains("is-mini")) {
      root.style.minHeight = `${root.offsetHeight}px`; // nothing below it moves
      frame.popover = "manual"; // no ancestor clips or moves what is in the top layer
      frame.classList.add("is-mini");
      close.hidden = false;
      frame.showPopover();
    }
  };
  /** @param {IntersectionObserverEntry[]} entries */
  const updatePosition = (entries) => {
    const top = entries.at(-1)?.boundingClientRect.top ?? 0;
    if (!frame.classList.contains("is-mini")) height = frame.offsetHeight;
    isAbove = top < -HIDDEN * height;
    if (!isAbove) isClosed = false;
    update();
  };
  const observer = new IntersectionObserver(updatePosition, {
    threshold: Array.from({ length: STEPS + 1 }, (_, at) => at / STEPS),
  });
  observer.observe(root); // not the frame, which leaves its place
  close.addEventListener("click", () => {
    isClosed = true;
    player.transport.pause();
    end();
  });
  player.addEventListener("state", () => !signal.aborted && update());
  signal.addEventListener("abort", () => {
    observer.disconnect();
    end();
  });
}
