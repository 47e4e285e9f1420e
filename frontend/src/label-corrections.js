// Labels of chosen files that a person corrects before the save.
import { gettext } from "./i18n.js";
/** @import { PlacedFile, Placement } from "./placements.js" */

/** What is absent stays as recognized. @typedef {{category?: string, language?: string, role?: string}} LabelChange */
/** @typedef {{paths: string[]} & LabelChange} LabelRow the same correction of several files */
/** @typedef {{labels: LabelRow[], withdrawn: string[]}} RememberedCorrections */

export class LabelCorrections {
  /** @type {Map<string, LabelChange>} by path */
  #changes = new Map();
  /** @type {Set<string>} paths whose correction in an earlier version is withdrawn */
  #withdrawn = new Set();
  #categories;

  /** @param {Record<string, string>} categories names by value */
  constructor(categories) {
    this.#categories = categories;
  }

  /**
   * Merge a change into those of some files.
   * @param {string[]} paths
   * @param {LabelChange} change
   */
  add(paths, change) {
    if (change.role === "source") this.#forgetSource();
    for (const path of paths) {
      const earlier = this.#changes.get(path) ?? {};
      // A category and a role exclude each other: each brings the other along.
      const { language } = earlier;
      const retained = change.category || change.role ? (language === undefined ? {} : { language }) : earlier;
      this.#changes.set(path, { ...retained, ...change });
    }
  }

  /** Return to the recognized labels, also where an earlier version has corrected ones. @param {string[]} paths */
  withdraw(paths) {
    for (const path of paths) {
      this.#changes.delete(path);
      this.#withdrawn.add(path);
    }
  }

  clear() {
    this.#changes.clear();
    this.#withdrawn.clear();
  }

  /** Return all corrections as JSON. @returns {RememberedCorrections} */
  remember() {
    return { labels: this.toJson([...this.#changes.keys()]), withdrawn: [...this.#withdrawn] };
  }

  /** @param {RememberedCorrections} remembered */
  restore({ labels, withdrawn }) {
    this.clear();
    for (const { paths, ...change } of labels) this.add(paths, change);
    this.#withdrawn = new Set(withdrawn);
  }

  #forgetSource() {
    const source = this.#findSource();
    if (source !== undefined) this.#changes.delete(source);
  }

  #findSource() {
    return [...this.#changes].find(([, change]) => change.role === "source")?.[0];
  }

  /**
   * Return files as they will be saved.
   * @param {PlacedFile[]} placed
   * @returns {PlacedFile[]}
   */
  apply(placed) {
    const source = this.#findSource();
    const hasSource = placed.some(({ file }) => file.path === source);
    return placed.map((each) => {
      const { file, placement } = each;
      if (!placement) return each;
      const change = this.#changes.get(file.path);
      if (change) return { ...each, placement: this.#correct(placement, change), isCorrected: true };
      const isFormerSource = hasSource && placement.role === "source";
      return isFormerSource ? { ...each, placement: { ...placement, ...FORMER_SOURCE } } : each;
    });
  }

  /**
   * @param {Placement} placement
   * @param {LabelChange} change
   * @returns {Placement}
   */
  #correct(placement, { category, language, role }) {
    const value = CATEGORIES_OF_ROLES[role ?? ""] ?? category ?? placement.category;
    const label = NAMES_OF_ROLES[role ?? ""] ?? this.#categories[value] ?? placement.label;
    return { ...placement, category: value, label, language: language ?? placement.language };
  }

  /**
   * Return the corrections as the API expects them: one for all files with the same one.
   * @param {string[]} paths of the files that are saved
   */
  toJson(paths) {
    /** @type {Map<string, LabelRow>} */
    const rows = new Map();
    for (const path of paths) {
      const change = this.#changes.get(path);
      if (!change) continue;
      const key = JSON.stringify([change.category, change.language, change.role]);
      const row = rows.get(key) ?? { paths: [], ...change };
      row.paths.push(path);
      rows.set(key, row);
    }
    return [...rows.values()];
  }

  /** Return the paths whose correction in an earlier version is withdrawn. @param {string[]} paths of the files that are saved */
  withdrawn(paths) {
    return paths.filter((path) => this.#withdrawn.has(path));
  }
}

/** @type {Record<string, string>} */
const CATEGORIES_OF_ROLES = { source: "original_video", ignored: "other" };
/** @type {Record<string, string>} */
const NAMES_OF_ROLES = { source: gettext("Source"), ignored: gettext("Ignored") };
const FORMER_SOURCE = { category: "other", label: gettext("Not the source"), role: "" };
