// The picture: one video at a time, and its replacement without a black frame between them.
import { recoverFromErrors } from "./recovery.js";

/** @typedef {import("./model.js").PlayerFile} PlayerFile */
/** @typedef {import("./transport.js").Transport} Transport */

const TRIES = 4;
const LEAD = 0.3; // seconds that a running picture has left until its replacement is shown

export class Stage {
  #frame;
  /** @type {PlayerFile} */
  #file;
  /** @type {HTMLVideoElement | null} */
  #next = null;
  /** What the next one shows. @type {PlayerFile | null} */
  #nextFile = null;
  #onPicture;

  /**
   * @param {HTMLElement} frame
   * @param {HTMLVideoElement} picture the one in the frame
   * @param {PlayerFile} file what it shows
   * @param {(picture: HTMLVideoElement) => void} onPicture called when another one is shown
   */
  constructor(frame, picture, file, onPicture) {
    this.#frame = frame;
    this.#file = file;
    this.#onPicture = onPicture;
    preparePicture(picture, file);
    setSource(picture, file);
  }

  get file() {
    return this.#file;
  }

  /**
   * Show another file in the same element: nothing could be shown before.
   * @param {HTMLVideoElement} picture
   * @param {PlayerFile} file
   */
  begin(picture, file) {
    this.#file = file;
    picture.dataset.path = file.path;
    setSource(picture, file);
  }

  /**
   * Show another file's picture at the same time.
   * @param {PlayerFile} file
   * @param {Transport} transport
   */
  async show(file, transport) {
    if (this.#next && file === this.#nextFile) return; // it is being loaded
    if (this.#next) discard(this.#next);
    this.#next = null;
    if (file === this.#file) return;
    const next = createPicture(file);
    [this.#next, this.#nextFile] = [next, file];
    this.#frame.append(next);
    await nextEvent(next, "loadedmetadata");
    if (this.#next !== next) return;
    if (next.error) {
      discard(next);
      this.#next = null; // the one before stays
      return;
    }
    const isRunning = transport.isPlaying;
    await seekAhead(next, transport, isRunning ? LEAD * transport.rate : 0);
    while (this.#next === next && transport.isPlaying && transport.time < next.currentTime) await nextFrame();
    if (this.#next !== next) return;
    const previous = transport.picture;
    if (!transport.isPlaying) next.currentTime = Math.min(transport.time, next.duration - 0.001);
    this.#next = null;
    this.#file = file;
    next.classList.remove("is-next");
    transport.setPicture(next);
    discard(previous);
    this.#onPicture(next);
  }
}

/** @param {HTMLVideoElement} picture */
function discard(picture) {
  picture.removeAttribute("src");
  picture.load();
  picture.remove();
}

/**
 * @param {HTMLVideoElement} picture
 * @param {PlayerFile} file
 */
function setSource(picture, file) {
  if (picture.getAttribute("src") === (file.url || null)) return;
  if (file.url) picture.src = file.url;
  else picture.removeAttribute("src");
  picture.load();
}

/** @param {PlayerFile} file */
function createPicture(file) {
  const picture = document.createElement("video");
  picture.className = "player-picture is-next";
  preparePicture(picture, file);
  picture.preload = "auto";
  picture.src = file.url;
  return picture;
}

/**
 * @param {HTMLVideoElement} picture
 * @param {PlayerFile} file
 */
function preparePicture(picture, file) {
  picture.controls = false;
  picture.muted = true; // its sound is one of the sounds
  picture.playsInline = true;
  picture.crossOrigin = "anonymous";
  recoverFromErrors(picture);
  picture.disablePictureInPicture = false;
  picture.tabIndex = -1;
  picture.dataset.path = file.path;
  picture.setAttribute("aria-hidden", "true");
}

/**
 * Set a picture to a time that the running one has not reached yet, also where seeks take long.
 * @param {HTMLVideoElement} next
 * @param {Transport} transport
 * @param {number} least seconds to seek ahead by, 0 to seek to the time itself
 */
async function seekAhead(next, transport, least) {
  let lead = least;
  for (let tries = 0; tries < TRIES; tries++) {
    const begun = transport.time;
    next.currentTime = Math.min(begun + lead, next.duration - 0.001);
    await nextEvent(next, "seeked");
    if (!lead || !transport.isPlaying || transport.time < next.currentTime) return;
    lead += transport.time - begun;
  }
}

/**
 * Wait for an event, or for the failure of the element.
 * @param {HTMLVideoElement} picture
 * @param {string} name
 */
function nextEvent(picture, name) {
  return new Promise((resolve) => {
    picture.addEventListener(name, resolve, { once: true });
    picture.addEventListener("error", resolve, { once: true });
  });
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
