// Buttons and keys that show less or more of the waveform.
import { gettext } from "../i18n.js";

/** @typedef {import("./player.js").Player} Player */
/** @typedef {import("./time-view.js").TimeView} TimeView */

/**
 * Connect the buttons of the waveform's zoom. Returns the actions of its keys.
 * @param {ReturnType<typeof import("../dom.js").refsOf>} ref
 * @param {TimeView} view
 * @param {Player} player
 * @returns {Record<string, () => void>}
 */
export function connectZoom(ref, view, player) {
  const zoom = (/** @type {number} */ direction) => () => {
    if (!ref("position").classList.contains("has-wave")) return;
    view.zoom(direction, player.transport.time);
    ref("status").textContent = view.isZoomed
      ? gettext("Waveform enlarged %(factor)s times", { factor: view.factor })
      : gettext("Whole waveform");
  };
  const render = () => {
    // Not `disabled`: the focus would be lost.
    ref("zoom-in").setAttribute("aria-disabled", String(view.factor >= view.largestFactor));
    ref("zoom-out").setAttribute("aria-disabled", String(!view.isZoomed));
  };
  ref("zoom-in").addEventListener("click", zoom(1));
  ref("zoom-out").addEventListener("click", zoom(-1));
  view.addEventListener("change", render);
  player.addEventListener("state", render);
  render();
  return { "+": zoom(1), "=": zoom(1), "-": zoom(-1), 0: () => view.reset() };
}
