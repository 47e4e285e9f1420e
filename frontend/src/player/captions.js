// Subtitles over the picture: one track at a time, loaded when it is shown. The browser reads and times the cues; their text is shown
// in an element of our own, whose type fits the picture's size.
/** @typedef {import("./model.js").Subtitle} Subtitle */

export class Captions {
  #subtitles;
  #picture;
  #text;
  /** @type {Subtitle | null} */
  #shown = null;

  /**
   * @param {Subtitle[]} subtitles
   * @param {HTMLVideoElement} picture
   * @param {HTMLElement} text over the picture
   */
  constructor(subtitles, picture, text) {
    this.#subtitles = subtitles;
    this.#picture = picture;
    this.#text = text;
  }

  /** @param {Subtitle[]} subtitles */
  setSubtitles(subtitles) {
    this.#subtitles = subtitles;
  }

  get shown() {
    return this.#shown;
  }

  /**
   * Show the track with a key, the first one of a language, or none.
   * @param {{key?: string, tag?: string} | null} choice
   */
  show(choice) {
    const found = choice && this.#subtitles.find(({ key, tag }) => key === choice.key || tag === choice.tag);
    if ((found ?? null) === this.#shown) return;
    this.#shown = found ?? null;
    this.#render();
  }

  /** @param {HTMLVideoElement} picture */
  setPicture(picture) {
    this.#picture = picture;
    this.#render();
  }

  #render() {
    for (const track of this.#picture.querySelectorAll("track")) track.remove();
    this.#text.replaceChildren();
    this.#text.hidden = true;
    if (!this.#shown) return;
    const track = document.createElement("track");
    track.kind = "subtitles";
    track.label = this.#shown.key;
    track.srclang = this.#shown.language;
    track.src = this.#shown.url;
    track.track.addEventListener("cuechange", () => this.#showCues(track.track));
    this.#picture.append(track);
    track.track.mode = "hidden";
    this.#text.lang = this.#shown.language;
  }

  /** @param {TextTrack} track */
  #showCues(track) {
    if (track.label !== this.#shown?.key) return; // of a picture before
    const cues = /** @type {VTTCue[]} */ ([...(track.activeCues ?? [])]);
    const { language, isRightToLeft } = this.#shown;
    // A line that begins with a name in another script is still written in the direction of its language.
    const direction = language ? (isRightToLeft ? "rtl" : "ltr") : "auto";
    this.#text.replaceChildren(...cues.map((cue) => createText(cue, direction)));
    this.#text.hidden = cues.length === 0;
  }
}

/**
 * @param {VTTCue} cue
 * @param {string} direction
 */
function createText(cue, direction) {
  const text = document.createElement("p");
  text.dir = direction;
  text.append(cue.getCueAsHTML());
  return text;
}
