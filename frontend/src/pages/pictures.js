// Two versions of a video side by side, in sync.

import { find, readJson, refsOf } from "../dom.js";
import { formatFactor } from "../format.js";
import { gettext } from "../i18n.js";
import { nameLanguages } from "../languages.js";
import { setLabel } from "../player/button-label.js";
import { connectHelpSheet } from "../player/help-sheet.js";
import { Pair } from "../player/pair.js";
import { matchLevels } from "../player/pair-levels.js";
import { RATES } from "../player/player.js";
import { PositionBar } from "../player/position.js";
import { connectShortcuts } from "../player/shortcuts.js";
import { TimeView } from "../player/time-view.js";
import { formatTime, stepFrames } from "../player/timecode.js";

const SMALL = 5; // seconds of an arrow key

nameLanguages(document);
const root = document.getElementById("pictures");
if (root) connectPictures(root);

/** @param {HTMLElement} root */
function connectPictures(root) {
  const ref = refsOf(root);
  const [before, after] = [ref("before", HTMLVideoElement), ref("after", HTMLVideoElement)];
  for (const video of [before, after]) {
    video.controls = false;
    video.preload = "auto";
  }
  const pair = new Pair(after, before);
  const frameRate = Number(root.dataset.frameRate) || 25;
  /** @type {import("../player/model.js").Strip | null} */
  const strip = readJson("pictures-strip");
  const bar = new PositionBar(ref("position"), {
    hint: ref("pointer-time"),
    picture: ref("pointer-picture"),
    view: new TimeView(() => pair.duration),
    getDuration: () => pair.duration,
    getStrip: () => strip,
    onSeek: (time) => pair.seek(time),
  });

  const toggle = () => (pair.isPlaying ? pair.pause() : pair.play());
  const step = (/** @type {number} */ frames) => {
    const target = stepFrames(pair.time, frames, frameRate);
    pair.pause();
    pair.seek(target);
  };
  const changeRate = (/** @type {number} */ direction) => {
    const at = Math.max(0, Math.min(RATES.indexOf(pair.rate) + direction, RATES.length - 1));
    pair.setRate(RATES[at] ?? 1);
  };
  const toggleDifference = () => {
    const isOn = root.classList.toggle("is-difference");
    ref("difference").setAttribute("aria-pressed", String(isOn));
  };
  /** @type {import("../player/pair-levels.js").Measured[]} those of the earlier and of the later version */
  const measured = readJson("pictures-loudness").map((/** @type {unknown} */ loudness) => ({ loudness }));
  const showLevels = (/** @type {boolean} */ isLeveled) => {
    ref("level").setAttribute("aria-pressed", String(isLeveled));
    for (const [at, { volume, label }] of matchLevels(measured, isLeveled).entries()) {
      const [name, video] = at === 0 ? ["before", before] : ["after", after];
      video.volume = volume;
      ref(`${name}-level`).textContent = label;
    }
  };
  const toggleFullscreen = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else root.requestFullscreen?.().catch(() => {}); // not allowed in this browser
  };

  const tick = () => {
    bar.show(pair.time, null);
    ref("time").textContent = formatTime(pair.time);
    ref("duration").textContent = formatTime(pair.duration);
  };
  const render = () => {
    root.classList.toggle("is-playing", pair.isPlaying);
    root.classList.toggle("is-fullscreen", document.fullscreenElement === root);
    setLabel(ref("play"), pair.isPlaying ? gettext("Pause") : gettext("Play"));
    setLabel(ref("fullscreen"), document.fullscreenElement ? gettext("Leave full screen") : gettext("Full screen"));
    for (const name of ["before", "after"]) {
      const isAudible = pair.leader === ref(name);
      ref(`${name}-sound`).setAttribute("aria-pressed", String(isAudible));
    }
    ref("rate").textContent = formatFactor(pair.rate);
    tick();
  };
  pair.addEventListener("state", render);
  document.addEventListener("fullscreenchange", render);
  const run = () => {
    if (pair.isPlaying) tick();
    requestAnimationFrame(run);
  };
  requestAnimationFrame(run);

  /** @type {Record<string, () => void>} */
  const actions = {
    play: toggle,
    "step-back": () => step(-1),
    "step-forward": () => step(1),
    difference: toggleDifference,
    level: () => showLevels(ref("level").getAttribute("aria-pressed") !== "true"),
    fullscreen: toggleFullscreen,
    "before-sound": () => pair.leader !== before && pair.swap(),
    "after-sound": () => pair.leader !== after && pair.swap(),
  };
  for (const [name, action] of Object.entries(actions)) ref(name).addEventListener("click", action);
  for (const video of [before, after]) video.addEventListener("click", toggle);
  connectHelpSheet(ref);
  connectShortcuts({
    " ": toggle,
    k: toggle,
    j: () => pair.seek(pair.time - SMALL),
    l: () => pair.seek(pair.time + SMALL),
    ArrowLeft: () => pair.seek(pair.time - SMALL),
    ArrowRight: () => pair.seek(pair.time + SMALL),
    "Shift+ArrowLeft": () => pair.seek(pair.time - 1),
    "Shift+ArrowRight": () => pair.seek(pair.time + 1),
    ",": () => step(-1),
    ".": () => step(1),
    a: () => pair.swap(),
    d: toggleDifference,
    f: toggleFullscreen,
    "[": () => changeRate(-1),
    "]": () => changeRate(1),
    "?": () => ref("help").click(),
  });
  find(root, "[data-ref=play]").focus({ preventScroll: true });
  Object.assign(root, { pair }); // for measurements
  showLevels(true);
  render();
  root.dataset.ready = "true";
}
