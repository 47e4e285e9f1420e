// The player: which language is audible and seen, where it is, what is repeated.
import { Captions } from "./captions.js";
import { applyDerived, pollDerived } from "./derived.js";
import { getGain, getShortfall, getTarget, toFactor } from "./levels.js";
import { Mixer } from "./mixer.js";
import { chooseBase, choosePicture } from "./model.js";
import { FIRST, LIMIT } from "./running.js";
import { Stage } from "./stage.js";
import { stepFrames } from "./timecode.js";
import { Transport } from "./transport.js";

/** @typedef {import("./model.js").PlayerData} PlayerData */
/** @typedef {import("./model.js").PlayerFile} PlayerFile */
/** @typedef {import("./model.js").PlayerLanguage} PlayerLanguage */

const FRAME_RATE = 25; // where the file's is unknown
export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** Dispatches `state` on every change, `language` when another one is chosen, `subtitles` when there are others. */
export class Player extends EventTarget {
  data;
  /** @type {PlayerLanguage} */
  language;
  /** @type {PlayerFile} */
  file;
  /** @type {{start: number, end: number} | null} seconds */
  loop = null;
  isLeveled = true;
  wantsOwnPicture = false;
  volume = 1;
  isMuted = false;
  /** @type {PlayerFile} */
  #base;
  /** @type {PlayerLanguage | null} */
  #before = null;
  /** @type {Map<PlayerLanguage, PlayerFile>} */
  #files = new Map();
  /** @type {PlayerLanguage | null} */
  #expected = null;

  /**
   * @param {PlayerData} data
   * @param {object} elements
   * @param {HTMLElement} elements.frame with the video
   * @param {HTMLVideoElement} elements.picture
   * @param {HTMLElement} elements.captions over the picture
   * @param {AbortSignal} signal ends it
   */
  constructor(data, { frame, picture, captions }, signal) {
    super();
    this.data = data;
    const [first] = data.languages;
    const file = first?.files[0];
    applyDerived(this.files, data.media);
    const base = chooseBase(data.languages);
    if (!first || !file || !base) throw new Error("There is nothing to play");
    this.language = first;
    this.file = file;
    this.#base = base;
    this.mixer = new Mixer({
      getLevel: (sound) => this.#getLevel(sound),
      getTime: () => this.transport.time,
      limit: data.hasDirectMedia ? FIRST : LIMIT,
    });
    this.transport = new Transport(picture, this.mixer);
    this.captions = new Captions(data.subtitles, picture, captions);
    this.stage = new Stage(frame, picture, base, (shown) => {
      this.captions.setPicture(shown);
      this.#notify();
    });
    this.transport.addEventListener("state", () => {
      const { duration } = this.transport;
      if (duration) this.stage.file.duration ??= duration;
      this.#replaceFailed();
      this.#notify();
    });
    this.mixer.addEventListener("audible", () => this.#notify());
    this.mixer.addEventListener("length", () => this.#showPicture());
    pollDerived(data.mediaUrl, data.media, (derived) => this.#applyDerived(derived), signal);
    signal.addEventListener("abort", () => {
      this.transport.pause();
      this.transport.picture.removeAttribute("src");
      this.mixer.close();
    });
  }

  /** Use what was made in the meantime. @param {import("./derived.js").Derived} derived */
  #applyDerived(derived) {
    const { isPlayable } = this; // so far: the files get their addresses
    applyDerived(this.files, derived);
    const base = chooseBase(this.data.languages);
    if (base?.url && (!this.#base.url || this.#base.kind !== "video")) this.#base = base;
    if (!isPlayable || !this.isPlayable) this.stage.begin(this.transport.picture, this.#base);
    this.#replaceFailed();
    this.#applyChoice();
    this.mixer.updateLevels();
    this.#notify();
  }

  /** Play the light copy of a file that this browser could not play, which was not known before. */
  #replaceFailed() {
    const { picture } = this.transport;
    const { file } = this.stage;
    if (picture.error && file.url && picture.getAttribute("src") !== file.url) this.stage.begin(picture, file);
  }

  /** Use what was read in the meantime. @param {import("./model.js").Subtitle[]} subtitles */
  setSubtitles(subtitles) {
    if (listKeys(subtitles) === listKeys(this.data.subtitles)) return;
    this.data.subtitles = subtitles;
    this.captions.setSubtitles(subtitles);
    this.#notify("subtitles");
  }

  /** Whether there is something that can be played. */
  get isPlayable() {
    return this.stage.file.url !== "";
  }

  get files() {
    return this.data.languages.flatMap((language) => language.files);
  }

  #notify(name = "state") {
    this.dispatchEvent(new Event(name));
  }

  get frameRate() {
    return this.stage.file.frameRate || FRAME_RATE;
  }

  get duration() {
    return this.transport.duration || this.stage.file.duration || 0;
  }

  get original() {
    return this.data.languages.find((language) => language.isSource) ?? null;
  }

  play() {
    if (!this.isPlayable) return;
    this.mixer.unlock();
    this.#applyChoice();
    this.transport.play();
  }

  toggle() {
    if (this.transport.isPlaying) this.transport.pause();
    else this.play();
  }

  /** @param {number} time */
  seek(time) {
    if (this.loop && (time < this.loop.start - 0.001 || time > this.loop.end)) this.setLoop(null);
    this.transport.seek(time);
    this.#notify();
  }

  /** @param {number} frames */
  step(frames) {
    this.transport.pause();
    this.seek(stepFrames(this.transport.time, frames, this.frameRate));
  }

  /** @param {number} direction 1 for faster, -1 for slower */
  changeRate(direction) {
    const at = RATES.indexOf(this.transport.rate) + direction;
    this.transport.setRate(RATES[Math.max(0, Math.min(at, RATES.length - 1))] ?? 1);
  }

  /** @param {{start: number, end: number} | null} loop */
  setLoop(loop) {
    this.loop = loop;
    this.#notify();
  }

  /** Go back to the start of the loop at its end. To be called often. */
  keepLoop() {
    const { loop, transport } = this;
    if (loop && transport.isPlaying && !transport.picture.seeking && transport.time >= loop.end)
      transport.seek(loop.start);
  }

  /**
   * Switch to a language, at the same time.
   * @param {PlayerLanguage | undefined} language
   * @param {PlayerFile} [file]
   */
  choose(language, file) {
    const chosen = language && (file ?? this.#files.get(language) ?? language.files[0]);
    if (!language || !chosen || (language === this.language && chosen === this.file)) return;
    if (language !== this.language) this.#before = this.language;
    this.#files.set(language, chosen);
    [this.language, this.file] = [language, chosen];
    this.#applyChoice();
    this.#notify("language");
    this.#notify();
  }

  /** @param {string} tag */
  chooseTag(tag) {
    const requested = tag === "source" ? "" : tag.replaceAll("_", "-").toLowerCase();
    this.choose(this.data.languages.find((language) => language.tag === requested));
  }

  /** Switch to the original, or back to the language before. */
  toggleOriginal() {
    const { original, language } = this;
    if (language !== original) this.choose(original ?? this.#before ?? undefined);
    else this.choose(this.#before ?? this.data.languages.find((each) => each !== original));
  }

  /** Let a language run that will probably be chosen next. @param {PlayerLanguage} language */
  expect(language) {
    if (this.#expected === language) return;
    this.#expected = language;
    if (this.mixer.context) this.mixer.choose(this.file, this.#listCandidates());
  }

  #applyChoice() {
    this.mixer.choose(this.file, this.#listCandidates());
    this.#showPicture();
  }

  #showPicture() {
    this.stage.show(choosePicture(this.#base, this.file, this.wantsOwnPicture), this.transport);
  }

  #listCandidates() {
    const { original, language } = this;
    const partner = language === original ? (this.#before ?? this.data.languages[1]) : original;
    const ordered = [partner, this.#before, this.#expected, ...this.data.languages];
    return ordered.flatMap((each) => (each && (this.#files.get(each) ?? each.files[0])) || []);
  }

  /** @param {boolean} wantsOwn */
  setOwnPicture(wantsOwn) {
    this.wantsOwnPicture = wantsOwn;
    this.#applyChoice();
    this.#notify();
  }

  /** @param {boolean} isLeveled */
  setLeveled(isLeveled) {
    this.isLeveled = isLeveled;
    this.mixer.updateLevels();
    this.#notify();
  }

  /** @param {number} volume from 0 to 1 */
  setVolume(volume, isMuted = false) {
    this.volume = Math.max(0, Math.min(1, volume));
    this.isMuted = isMuted;
    // Loudness is perceived in ratios: half of the way is a quarter of the amplitude.
    this.mixer.setVolume(isMuted ? 0 : this.volume ** 2);
    this.#notify();
  }

  /** Return the gain of a file in dB. @param {PlayerFile} file */
  getGain(file) {
    const target = getTarget(this.files);
    return this.isLeveled ? getGain(file, target) : 0;
  }

  /** Return how much quieter than the others a file remains, in dB. @param {PlayerFile} file */
  getShortfall(file) {
    return this.isLeveled ? getShortfall(file, getTarget(this.files)) : 0;
  }

  /** @param {PlayerFile} file */
  #getLevel(file) {
    return file.hasSound ? toFactor(this.getGain(file)) : 0;
  }
}

/** @param {import("./model.js").Subtitle[]} subtitles */
const listKeys = (subtitles) => subtitles.map(({ key }) => key).join();
