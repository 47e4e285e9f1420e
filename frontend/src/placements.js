// Placement of chosen files, as the server previews it.
/** @import { ChosenFile } from "./upload/upload-item.js" */

const MAX_REPORTED = 1000; // characters of a path

/**
 * @typedef {object} Placement
 * @property {string} source path as chosen
 * @property {string} path in the session
 * @property {string} category
 * @property {string} label of the category
 * @property {string} language
 * @property {string} role
 * @property {string} labeled_by
 * @property {"new" | "changed" | "relabeled" | "unchanged" | "unread" | null} change unread: of an unchanged size, hash not known
 * @property {number | null} previous_size bytes of the file that it replaces
 * @property {string[]} candidates files of the session that it may replace, if it has no folder
 */
/** @typedef {{path: string, size: number, category: string, label: string, language: string}} RemovedFile */
/** @typedef {{path: string, code: string, message: string}} Refusal */
/** @import { ExcludedFiles } from "./exclusion-list.js" */
/** @typedef {{code: string, text: string, choices: string[]}} Question choices: paths in the session, or language tags */
/**
 * @typedef {object} PlacementPreview
 * @property {Placement[]} files
 * @property {Refusal[]} refused
 * @property {string | null} metadata path of the file that is read as the session's metadata.json
 * @property {string[]} warnings what is damaged in the metadata.json
 * @property {string[]} tools names of the tools that wrote the files
 * @property {Question[]} questions
 * @property {string[]} requested paths of files whose contents the preview needs
 * @property {ExcludedFiles[]} excluded what the save leaves out by its name
 * @property {string} exclusion_summary the same as a sentence, or empty
 * @property {RemovedFile[]} removed files of the session that the save removes
 * @property {string} change_summary
 */

/** @type {PlacementPreview} */
export const EMPTY_PREVIEW = {
  files: [],
  refused: [],
  metadata: null,
  warnings: [],
  tools: [],
  questions: [],
  requested: [],
  excluded: [],
  exclusion_summary: "",
  removed: [],
  change_summary: "",
};

/**
 * Without placement and refusal, and not metadata: a file that is left out by its name.
 * @typedef {object} PlacedFile
 * @property {ChosenFile} file
 * @property {Placement} [placement]
 * @property {Refusal} [refusal]
 * @property {boolean} [isCorrected] whether a person corrected its label
 * @property {boolean} isMetadata whether it is read as the session's metadata.json
 */

/**
 * Match chosen files with their placements; those that cannot be saved come first.
 * @param {ChosenFile[]} files
 * @param {Pick<PlacementPreview, "files" | "refused" | "metadata">} preview
 * @returns {PlacedFile[]}
 */
export function placeFiles(files, preview) {
  const placements = new Map(preview.files.map((placement) => [placement.source, placement]));
  const refusals = new Map(preview.refused.map((refusal) => [refusal.path, refusal]));
  const placed = files.map((file) => ({
    file,
    placement: byPath(placements, file.path),
    refusal: byPath(refusals, file.path),
    isMetadata: preview.metadata !== null && [file.path, file.path.normalize("NFC")].includes(preview.metadata),
  }));
  return placed.sort((a, b) => Number(!a.refusal) - Number(!b.refusal) || a.file.path.localeCompare(b.file.path));
}

/**
 * Return the path in the session of files whose match can be changed, by path as chosen: the save keeps what was shown.
 * @param {PlacedFile[]} placed
 * @returns {Record<string, string>}
 */
export const matchedTargets = (placed) =>
  Object.fromEntries(
    placed.flatMap(({ placement }) => (placement?.candidates.length ? [[placement.source, placement.path]] : [])),
  );

/**
 * Return the files that become part of the version.
 * @param {PlacedFile[]} placed
 */
export const acceptedFiles = (placed) =>
  placed.filter(({ placement, isMetadata }) => placement || isMetadata).map(({ file }) => file);

/**
 * Return what a save reports about the files that cannot be part of a version.
 * @param {PlacedFile[]} placed
 */
export const describeRefused = (placed) =>
  placed.flatMap(({ file, refusal }) =>
    refusal ? [{ path: file.path.slice(0, MAX_REPORTED), code: refusal.code }] : [],
  );

/**
 * Look up a path as chosen, or normalized as the server reports it.
 * @template T
 * @param {Map<string, T>} map
 * @param {string} path
 */
const byPath = (map, path) => map.get(path) ?? map.get(path.normalize("NFC"));
