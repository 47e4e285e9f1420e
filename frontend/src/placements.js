// Placement of chosen files, as the server previews it.
/** @import { ChosenFile } from "./upload/upload-item.js" */

/** @typedef {{source: string, path: string, category: string, label: string, language: string, role: string, labeled_by: string}} Placement */
/** @typedef {{path: string, message: string}} Refusal */
/** @typedef {{files: Placement[], refused: Refusal[], metadata: string | null}} PlacementPreview */

/**
 * Without placement and refusal, and not metadata: a system file that is left out.
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
 * @param {PlacementPreview} preview
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
 * Return the files that become part of the version.
 * @param {PlacedFile[]} placed
 */
export const acceptedFiles = (placed) =>
  placed.filter(({ placement, isMetadata }) => placement || isMetadata).map(({ file }) => file);

/**
 * Look up a path as chosen, or normalized as the server reports it.
 * @template T
 * @param {Map<string, T>} map
 * @param {string} path
 */
const byPath = (map, path) => map.get(path) ?? map.get(path.normalize("NFC"));
