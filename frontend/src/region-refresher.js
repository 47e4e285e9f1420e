// Regions of a page that are replaced when something changed, and later those that could not be replaced then.
import { isInUse, refreshRegions } from "./live-regions.js";

const FIRST_RETRY = 3000; // milliseconds
const MAX_RETRY = 60_000;

/** Replaces regions; those that are in use, or that cannot be loaded, follow as soon as they can. */
export class RegionRefresher {
  /** @type {Set<string>} */
  #pending = new Set();
  #delay = FIRST_RETRY;
  #timer = 0;
  /** Refreshes run one after another, so that no older page replaces a newer one. */
  #last = Promise.resolve();

  /**
   * @param {object} [options]
   * @param {typeof refreshRegions} [options.refresh]
   * @param {(name: string) => boolean} [options.isFree]
   * @param {() => boolean} [options.isHidden]
   */
  constructor({ refresh = refreshRegions, isFree = isRegionFree, isHidden = () => document.hidden } = {}) {
    this.refreshRegions = refresh;
    this.isFree = isFree;
    this.isHidden = isHidden;
  }

  /**
   * Replace regions now, or later.
   * @param {string[]} names
   * @param {object} [options]
   * @param {boolean} [options.isOnly] whether no other region may follow later, because it would be of another version
   * @returns {Promise<string[]>} those that were not replaced yet
   */
  refresh(names, { isOnly = false } = {}) {
    const refreshed = this.#last.then(() => this.#refresh(names, isOnly));
    this.#last = refreshed.then(
      () => {},
      () => {},
    );
    return refreshed;
  }

  /**
   * @param {string[]} names
   * @param {boolean} isOnly
   */
  async #refresh(names, isOnly) {
    clearTimeout(this.#timer);
    if (isOnly) this.#pending.clear();
    const { remaining, postponed, isLoaded } = await this.refreshRegions(names);
    for (const name of names) this.#pending.delete(name);
    for (const name of postponed) this.#pending.add(name);
    this.#delay = isLoaded ? FIRST_RETRY : Math.min(2 * this.#delay, MAX_RETRY);
    this.#wait();
    return remaining;
  }

  #wait() {
    if (this.#pending.size > 0) this.#timer = Number(setTimeout(() => this.#retry(), this.#delay));
  }

  /** Load the page only if a region can be replaced. */
  #retry() {
    const free = this.isHidden() ? [] : [...this.#pending].filter(this.isFree);
    if (free.length > 0) this.refresh(free);
    else this.#wait();
  }
}

/** @param {string} name */
export function isRegionFree(name) {
  const region = document.querySelector(`[data-region="${name}"]`);
  return !region || !isInUse(region);
}
