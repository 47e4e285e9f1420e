// What the user has stated about the chosen files of a save. A reload in the middle of an upload keeps it.
import { LabelCorrections } from "./label-corrections.js";

/** @import { RememberedCorrections } from "./label-corrections.js" */

/**
 * @typedef {object} RememberedChoices as JSON
 * @property {RememberedCorrections} corrections
 * @property {[string, string][]} targets
 * @property {string | null} spokenLanguage
 */

export class SaveChoices {
  /** @type {Map<string, string>} what files replace: paths in the session by path as chosen */
  targets = new Map();
  /** @type {string | null} tag of the language that is spoken in the source */
  spokenLanguage = null;

  /** @param {Record<string, string>} categories names by value */
  constructor(categories) {
    this.corrections = new LabelCorrections(categories);
  }

  clear() {
    this.corrections.clear();
    this.targets.clear();
    this.spokenLanguage = null;
  }

  /** Forget what replaces which file where it is not chosen any more. @param {Set<string>} paths of the chosen files */
  keepTargets(paths) {
    for (const path of this.targets.keys()) if (!paths.has(path)) this.targets.delete(path);
  }

  /** @returns {RememberedChoices} */
  remember() {
    const { corrections, targets, spokenLanguage } = this;
    return { corrections: corrections.remember(), targets: [...targets], spokenLanguage };
  }

  /** @param {RememberedChoices | undefined} choices undefined: an earlier page remembered none */
  restore(choices) {
    if (!choices) return;
    this.corrections.restore(choices.corrections);
    this.targets = new Map(choices.targets);
    this.spokenLanguage = choices.spokenLanguage;
  }
}
