// What the player plays, as the page states it: languages with their files, and subtitles.

/** @typedef {{url: string, width: number, height: number, columns: number, count: number, interval: number}} Strip sheet of pictures, one every `interval` seconds */
/**
 * @typedef {object} PlayerFile
 * @property {string} path
 * @property {string} stage source, mixed, dubbed or audio
 * @property {string} label
 * @property {string} original address of the file itself, "" if it is not sent to be played
 * @property {string} url what is played: the original or its light copy, "" while there is neither
 * @property {"" | "pending" | "waiting" | "missing"} copy whether a light copy that browsers need is being made, waits for a worker, or cannot be made
 * @property {string} kind video or audio
 * @property {number} size in bytes
 * @property {number | null} duration in seconds, null if unknown
 * @property {number | null} frameRate
 * @property {boolean} hasSound
 * @property {string} problem
 * @property {string} [soundUrl] its sound alone
 * @property {{url: string, rate: number, count: number, duration: number} | null} [peaks]
 * @property {Strip | null} [strip]
 * @property {{integrated: number, truePeak: number | null} | null} [loudness]
 */
/**
 * @typedef {object} PlayerLanguage
 * @property {string} tag folded BCP 47 tag, "" for the source, "und" if unknown
 * @property {string} name in the language of the page
 * @property {boolean} isSource
 * @property {string} noLines sentence in place of its lines, "" if it has some
 * @property {PlayerFile[]} files the first one is played unless another one is chosen
 */
/** @typedef {{key: string, tag: string, language: string, isSource: boolean, isRightToLeft: boolean, url: string}} Subtitle */
/** @typedef {import("./derived.js").Derived} Derived */
/** @typedef {{title: string, lines: string, hasReadTexts: boolean, languages: PlayerLanguage[], subtitles: Subtitle[], media: Derived, mediaUrl: string, hasDirectMedia: boolean}} PlayerData */

const TOLERANCE = 0.25; // seconds by which copies of one picture differ in length

/**
 * Return the file whose picture is shown unless a language needs its own one: a video that can be played, the source's if possible.
 * Without any video, the first file: it still gives the time.
 * @param {PlayerLanguage[]} languages
 */
export function chooseBase(languages) {
  const files = languages.flatMap((language) => language.files);
  const videos = files.filter((file) => file.kind === "video");
  return videos.find((file) => file.url) ?? files.find((file) => file.url) ?? videos[0] ?? files[0];
}

/**
 * Return the file whose picture is shown with a file's sound.
 * That is one picture for all languages, so that a switch moves nothing; but a language's own one where its length differs,
 * because the times of its sound fit only that.
 * @param {PlayerFile} base
 * @param {PlayerFile} file
 * @param {boolean} wantsOwn whether the viewer chose to see each language's own picture
 */
export function choosePicture(base, file, wantsOwn) {
  if (!file.url || (file.kind !== "video" && base.kind === "video")) return base;
  return wantsOwn || differsInLength(base, file) ? file : base;
}

/** Return the address of the sound of a file, "" while there is none. @param {PlayerFile} file */
export const getSound = (file) => file.soundUrl ?? file.url;

/**
 * @param {PlayerFile} a
 * @param {PlayerFile} b
 */
export function differsInLength(a, b) {
  return a.duration !== null && b.duration !== null && Math.abs(a.duration - b.duration) > TOLERANCE;
}
