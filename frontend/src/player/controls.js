// Buttons, tabs and settings of the player, and what they show.

import { create, icon, refsOf } from "../dom.js";
import { formatFactor, formatPercent } from "../format.js";
import { gettext } from "../i18n.js";
import { describeLanguage } from "../languages.js";
import { setLabel } from "./button-label.js";
import { describeCopy, describeFile } from "./file-notes.js";
import { connectHelpSheet } from "./help-sheet.js";
import { describeLevel } from "./level-label.js";
import { RATES } from "./player.js";
import { formatTime } from "./timecode.js";

/** @typedef {import("./player.js").Player} Player */

const GENERAL_CHOICES = 2; // of subtitles: none, and those of the audible language

export class Controls {
  #player;
  #ref;
  #root;
  /** @type {HTMLButtonElement[]} */
  #tabs = [];

  /**
   * @param {Player} player
   * @param {HTMLElement} root
   * @param {AbortSignal} signal ends the connection
   */
  constructor(player, root, signal) {
    this.#player = player;
    this.#root = root;
    this.#ref = refsOf(root);
    this.#createTabs();
    this.#fillRates();
    this.#fillCaptions();
    this.#connectButtons();
    this.#connectSettings();
    player.addEventListener("state", () => this.render());
    player.addEventListener("language", () => this.#reportLanguage());
    player.addEventListener("subtitles", () => this.#fillCaptions());
    document.addEventListener("fullscreenchange", () => this.render(), { signal });
    this.render();
  }

  #createTabs() {
    const { data } = this.#player;
    this.#tabs = data.languages.map((language, at) => {
      const tab = create("button", "player-tab", language.name);
      tab.type = "button";
      tab.dataset.tag = language.tag;
      if (language.tag && language.tag !== "und") tab.title = language.tag;
      tab.append(icon("clock")); // shown while a light copy is missing
      if (at < 9) tab.setAttribute("aria-keyshortcuts", String(at + 1));
      tab.addEventListener("click", () => this.#player.choose(language));
      tab.addEventListener("pointerenter", () => this.#player.expect(language));
      tab.addEventListener("focus", () => this.#player.expect(language));
      return tab;
    });
    this.#ref("tabs").replaceChildren(...this.#tabs);
    this.#ref("compare").hidden = data.languages.length < 2;
  }

  #connectButtons() {
    const player = this.#player;
    /** @type {Record<string, () => void>} */
    const actions = {
      play: () => player.toggle(),
      "big-play": () => player.toggle(),
      "step-back": () => player.step(-1),
      "step-forward": () => player.step(1),
      compare: () => player.toggleOriginal(),
      captions: () => this.toggleCaptions(),
      mute: () => player.setVolume(player.volume || 1, !player.isMuted),
      fullscreen: () => this.toggleFullscreen(),
    };
    for (const [name, action] of Object.entries(actions)) this.#ref(name).addEventListener("click", action);
    connectHelpSheet(this.#ref);
    const volume = this.#ref("volume", HTMLInputElement);
    volume.addEventListener("input", () => player.setVolume(volume.valueAsNumber));
    this.#ref("frame").addEventListener("click", (event) => {
      if (event.target instanceof HTMLVideoElement) player.toggle();
    });
    this.#ref("frame").addEventListener("dblclick", (event) => {
      if (event.target instanceof HTMLVideoElement) this.toggleFullscreen();
    });
  }

  #fillRates() {
    const rate = this.#ref("rate", HTMLSelectElement);
    rate.replaceChildren(...RATES.map((each) => new Option(formatFactor(each), String(each), each === 1, each === 1)));
  }

  #fillCaptions() {
    const { data } = this.#player;
    const captions = this.#ref("captions-choice", HTMLSelectElement);
    const chosen = captions.value;
    const named = data.subtitles.map(({ key, language, isSource }) => {
      const name = nameSubtitles(key, language, isSource);
      const [, number] = key.split(".");
      return new Option(number ? `${name} ${number}` : name, key);
    });
    for (const option of [...captions.options].slice(GENERAL_CHOICES)) option.remove();
    captions.append(...named);
    captions.value = chosen;
    for (const name of ["captions", "captions-field"]) this.#ref(name).hidden = data.subtitles.length === 0;
  }

  #connectSettings() {
    const player = this.#player;
    const rate = this.#ref("rate", HTMLSelectElement);
    rate.addEventListener("change", () => player.transport.setRate(Number(rate.value)));
    const captions = this.#ref("captions-choice", HTMLSelectElement);
    captions.addEventListener("change", () => this.#showCaptions(captions.value));
    const file = this.#ref("file-choice", HTMLSelectElement);
    file.addEventListener("change", () => player.choose(player.language, player.language.files[file.selectedIndex]));
    const picture = this.#ref("own-picture", HTMLInputElement);
    picture.addEventListener("change", () => player.setOwnPicture(picture.checked));
    const level = this.#ref("level", HTMLInputElement);
    level.addEventListener("change", () => player.setLeveled(level.checked));
    player.addEventListener("language", () => {
      if (captions.value === "audible") this.#showCaptions("audible");
    });
  }

  /** @param {string} value off, audible or the key of a track */
  #showCaptions(value) {
    this.#ref("captions-choice", HTMLSelectElement).value = value;
    const { captions, language } = this.#player;
    if (value === "off") captions.show(null);
    else captions.show(value === "audible" ? { tag: language.tag } : { key: value });
    this.render();
  }

  toggleCaptions() {
    const isOff = this.#ref("captions-choice", HTMLSelectElement).value === "off";
    this.#showCaptions(isOff ? "audible" : "off");
  }

  toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.#root.requestFullscreen?.().catch(() => {}); // not allowed in this browser
  }

  render() {
    const player = this.#player;
    const { transport } = player;
    this.#root.classList.toggle("is-playing", transport.isPlaying);
    this.#root.classList.toggle("is-waiting", transport.isWaiting);
    this.#root.classList.toggle("is-muted", player.isMuted || player.volume === 0);
    this.#root.classList.toggle("is-fullscreen", document.fullscreenElement === this.#root);
    setLabel(this.#ref("play"), transport.isPlaying ? gettext("Pause") : gettext("Play"));
    setLabel(this.#ref("big-play"), transport.isPlaying ? gettext("Pause") : gettext("Play"));
    setLabel(this.#ref("mute"), player.isMuted ? gettext("Unmute") : gettext("Mute"));
    setLabel(
      this.#ref("fullscreen"),
      document.fullscreenElement ? gettext("Leave full screen") : gettext("Full screen"),
    );
    player.data.languages.forEach((language, at) => {
      this.#tabs[at]?.setAttribute("aria-pressed", String(language === player.language));
      this.#tabs[at]?.classList.toggle(
        "is-missing",
        language.files.every(({ copy }) => copy !== ""),
      );
    });
    this.#ref("compare").setAttribute("aria-pressed", String(player.language.isSource));
    this.#ref("captions").setAttribute("aria-pressed", String(player.captions.shown !== null));
    this.#ref("rate", HTMLSelectElement).value = String(transport.rate);
    const volume = this.#ref("volume", HTMLInputElement);
    volume.value = String(player.isMuted ? 0 : player.volume);
    volume.setAttribute("aria-valuetext", formatPercent(Math.round(100 * volume.valueAsNumber)));
    this.#renderFile();
    this.renderTime();
  }

  #renderFile() {
    const player = this.#player;
    const { files } = player.language;
    const choice = this.#ref("file-choice", HTMLSelectElement);
    if (choice.dataset.tag !== player.language.tag || choice.options.length !== files.length) {
      choice.dataset.tag = player.language.tag;
      choice.replaceChildren(...files.map(({ label, path }) => new Option(`${label}: ${path.split("/").at(-1)}`)));
    }
    choice.selectedIndex = files.indexOf(player.file);
    this.#ref("file-field").hidden = files.length < 2;
    this.#ref("stage").textContent = player.language.isSource ? "" : player.file.label;
    const { file } = player;
    this.#ref("gain").textContent = describeLevel(file, player.getGain(file), player.getShortfall(file));
    const note = describeFile(player);
    this.#ref("note").textContent = note;
    this.#ref("note").hidden = !note;
    const copy = describeCopy(player);
    if (this.#ref("copy").textContent !== copy) this.#ref("copy").textContent = copy;
    this.#ref("copy").hidden = !copy;
    this.#root.classList.toggle("is-unplayable", !player.isPlayable);
    for (const name of ["play", "step-back", "step-forward"]) {
      this.#ref(name, HTMLButtonElement).disabled = !player.isPlayable;
    }
  }

  renderTime() {
    const { transport, duration } = this.#player;
    this.#ref("time").textContent = formatTime(transport.time);
    this.#ref("duration").textContent = formatTime(duration);
  }

  #reportLanguage() {
    const { language, file } = this.#player;
    this.#ref("status").textContent = language.isSource ? gettext("Original") : `${language.name}, ${file.label}`;
  }
}

/**
 * @param {string} key of a track
 * @param {string} language "" if unknown
 * @param {boolean} isSource
 */
function nameSubtitles(key, language, isSource) {
  if (!language) return isSource ? gettext("Original") : key;
  const name = describeLanguage(language);
  return isSource ? gettext("Original, %(language)s", { language: name }) : name;
}
