// What the portal makes of media in the background: sound alone, peaks, loudness. It is used as it becomes ready.
/** @typedef {import("./model.js").PlayerFile} PlayerFile */
/** @typedef {import("./model.js").Strip} Strip */
/**
 * @typedef {object} DerivedFile
 * @property {string} kind video or audio
 * @property {number | null} duration
 * @property {number | null} frame_rate
 * @property {string} problem
 * @property {{url: string} | null} audio
 * @property {{url: string} | null} proxy
 * @property {boolean} is_playable whether browsers play the file itself
 * @property {Strip | null} strip
 * @property {string[]} pending kinds that are not made yet
 * @property {{url: string, rate: number, count: number, duration: number} | null} peaks
 * @property {{integrated: number | null, true_peak: number | null} | null} loudness
 */
/** @typedef {{is_pending: boolean, has_worker: boolean, files: Record<string, DerivedFile>}} Derived */

const SOON = 2000; // milliseconds
const LATER = 5000;
const SOON_TRIES = 5;
const IDLE = 30_000; // while no worker runs

/**
 * Apply what is known of files by their paths.
 * @param {PlayerFile[]} files
 * @param {Derived} derived
 */
export function applyDerived(files, derived) {
  for (const file of files) {
    const made = derived.files[file.path];
    Object.assign(file, choosePlayed(file, made, derived));
    if (!made) continue;
    file.duration ??= made.duration;
    file.frameRate ??= made.frame_rate;
    file.problem = made.problem;
    file.soundUrl = made.audio?.url ?? file.soundUrl;
    file.peaks = made.peaks;
    file.strip = made.strip;
    const { integrated = null, true_peak: truePeak = null } = made.loudness ?? {};
    file.loudness = integrated === null ? null : { integrated, truePeak };
  }
}

/**
 * Return what is played of a file: itself, or a light copy of what browsers do not play.
 * @param {PlayerFile} file
 * @param {DerivedFile | undefined} made undefined while the file was not read
 * @param {Derived} derived
 * @returns {Pick<PlayerFile, "url" | "copy">}
 */
export function choosePlayed({ original }, made, { is_pending: isPending, has_worker: hasWorker }) {
  if (made ? made.is_playable : original) return { url: original, copy: "" };
  const kind = made?.kind === "audio" ? "audio" : "proxy";
  const copy = made?.[kind];
  if (copy) return { url: copy.url, copy: "" };
  if (made ? made.pending.includes(kind) : isPending) return { url: "", copy: hasWorker ? "pending" : "waiting" };
  // Without a copy, this browser may still be one that plays it.
  return { url: original, copy: original ? "" : "missing" };
}

/**
 * Ask for what is still being made, until all is there.
 * @param {string} url
 * @param {Derived} known
 * @param {(derived: Derived) => void} onChange
 * @param {AbortSignal} signal ends it
 */
export async function pollDerived(url, known, onChange, signal) {
  let derived = known;
  for (let tries = 0; derived.is_pending; tries++) {
    const wait = tries < SOON_TRIES ? SOON : LATER;
    await new Promise((resolve) => setTimeout(resolve, derived.has_worker ? wait : IDLE));
    if (signal.aborted) return;
    if (document.hidden) continue;
    const response = await fetch(url).catch(() => null);
    if (!response?.ok || response.redirected) return;
    derived = await response.json();
    onChange(derived);
  }
}
