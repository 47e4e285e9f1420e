// The player of a version, on the page of a session and on shared pages.
import { readJson, refsOf } from "../dom.js";
import { subscribe } from "../live.js";
import { connectClips } from "../player/clip.js";
import { Controls } from "../player/controls.js";
import { LinePanel } from "../player/line-panel.js";
import { connectMini } from "../player/mini.js";
import { Player } from "../player/player.js";
import { PositionBar } from "../player/position.js";
import { connectShortcuts } from "../player/shortcuts.js";
import { connectTimeLinks } from "../player/time-links.js";
import { TimeView } from "../player/time-view.js";
import { Waveform } from "../player/waveform.js";
import { connectZoom } from "../player/zoom.js";

const SMALL = 5; // seconds of an arrow key
const LANGUAGES = 9; // that have a key
const HIDDEN_EVERY = 200; // milliseconds

/** The nonce of this page; parts of it that are loaded later have that of another response. */
const nonce = document.querySelector("#player [data-nonce]")?.getAttribute("data-nonce") ?? undefined;
let connection = new AbortController();
/** @type {LinePanel | null} */
let panel = null;

connect();
subscribe(({ session }) => {
  if (session?.texts_read) panel?.setTextsRead();
});
document.addEventListener("region-refreshed", ({ target }) => {
  const region = /** @type {Element} */ (target);
  if (region.querySelector("#player")) connect();
  else if (region.querySelector("#player-lines")) panel?.attach();
});

/** Connect the player that the page has now; a new version may have replaced it. */
function connect() {
  connection.abort();
  connection = new AbortController();
  panel = null;
  const root = document.getElementById("player");
  if (root) connectPlayer(root, connection.signal);
  else connectClips(() => {}, connection.signal);
}

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
function connectPlayer(root, signal) {
  const ref = refsOf(root);
  const elements = {
    frame: ref("frame"),
    picture: ref("picture", HTMLVideoElement),
    captions: ref("captions-text"),
  };
  const player = new Player(readJson("player-data"), elements, signal);
  const controls = new Controls(player, root, signal);
  const view = new TimeView(() => player.duration);
  const bar = new PositionBar(ref("position"), {
    hint: ref("pointer-time"),
    picture: ref("pointer-picture"),
    view,
    getDuration: () => player.duration,
    getStrip: () => player.stage.file.strip ?? null,
    onSeek: (time) => player.seek(time),
  });
  const waveform = new Waveform(ref("position"), ref("wave"), nonce, view);
  const zoom = connectZoom(ref, view, player);
  const stopClip = connectClips(() => player.transport.pause(), signal);
  const lines = new LinePanel(player, signal);
  const links = connectTimeLinks(player, signal);
  panel = lines;
  connectMini(player, root, elements.frame, signal);

  const tick = () => {
    player.keepLoop();
    const { time } = player.transport;
    bar.show(time, player.loop);
    controls.renderTime();
    if (lines.mark(time)) links.send(time, lines.current);
    links.mark(time);
  };
  player.addEventListener("state", () => {
    if (signal.aborted) return;
    if (player.transport.isPlaying) stopClip();
    if (isUsed(player)) root.dataset.used = "";
    waveform.show(player.file, player.transport.picture, player.duration);
    lines.markLoop();
    tick();
  });
  const run = () => {
    if (signal.aborted) return;
    if (!document.hidden && player.transport.isPlaying) tick();
    requestAnimationFrame(run);
  };
  requestAnimationFrame(run);
  // Animation frames stop while the tab is hidden, the loop of a line does not.
  const timer = setInterval(() => {
    if (document.hidden) tick();
  }, HIDDEN_EVERY);
  signal.addEventListener("abort", () => clearInterval(timer));
  connectShortcuts({ ...listKeys(player, controls, lines, ref("help")), ...zoom }, signal);
  waveform.show(player.file, player.transport.picture, player.duration);
  bar.show(player.transport.time, player.loop); // media may load later; their length is known
  Object.assign(root, { player }); // for measurements
  root.dataset.ready = "true";
  document.dispatchEvent(
    new CustomEvent("player:ready", { detail: { language: player.language.tag, duration: player.duration } }),
  );
}

/**
 * Return whether a new version must not replace what is played or chosen.
 * @param {Player} player
 */
function isUsed({ transport, loop, language, data }) {
  return transport.isPlaying || transport.time > 0 || loop !== null || language !== data.languages[0];
}

/**
 * @param {Player} player
 * @param {Controls} controls
 * @param {LinePanel} lines
 * @param {HTMLElement} help
 * @returns {Record<string, () => void>}
 */
function listKeys(player, controls, lines, help) {
  const move = (/** @type {number} */ seconds) => () => player.seek(player.transport.time + seconds);
  return {
    " ": () => player.toggle(),
    k: () => player.toggle(),
    j: move(-SMALL),
    l: move(SMALL),
    ArrowLeft: move(-SMALL),
    ArrowRight: move(SMALL),
    "Shift+ArrowLeft": move(-1),
    "Shift+ArrowRight": move(1),
    ",": () => player.step(-1),
    ".": () => player.step(1),
    a: () => player.toggleOriginal(),
    c: () => controls.toggleCaptions(),
    m: () => player.setVolume(player.volume || 1, !player.isMuted),
    f: () => controls.toggleFullscreen(),
    r: () => lines.toggleLoop(),
    "[": () => player.changeRate(-1),
    "]": () => player.changeRate(1),
    "?": () => help.click(),
    ArrowUp: () => lines.goTo(-1),
    ArrowDown: () => lines.goTo(1),
    ...Object.fromEntries(
      Array.from({ length: LANGUAGES }, (_, at) => [String(at + 1), () => player.choose(player.data.languages[at])]),
    ),
  };
}
