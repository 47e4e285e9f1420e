// A notice for each job that has ended, in one tab of the browser.
import { gettext, ngettext } from "../i18n.js";
import { showToast } from "../toasts.js";
import { SeenJobs } from "./seen-jobs.js";

/** @import { LiveJob } from "../live.js" */

/** Notices of jobs at a time; the others are one together. They would cover a phone. */
const MAX_NOTICES = globalThis.matchMedia?.("(width <= 47rem)").matches ? 1 : 3;
const READ = 2000; // milliseconds that a notice must have been shown before its page is left

export class Notices {
  #seen;
  #jobsUrl;
  /** @type {Map<string, number>} when a notice was shown, by job */
  #shown = new Map();

  /** @param {{user: string, now: string, jobsUrl: string}} options */
  constructor({ user, now, jobsUrl }) {
    this.#seen = new SeenJobs(user, now, localStorage);
    this.#jobsUrl = jobsUrl;
    addEventListener("pagehide", () => {
      for (const [code, at] of this.#shown) if (performance.now() - at < READ) this.#seen.release(code);
    });
  }

  /**
   * Report what has ended. A hidden tab leaves it to the one that the user sees next.
   * @param {LiveJob[]} jobs
   */
  async report(jobs) {
    if (document.hidden) return;
    const ended = jobs.filter((job) => job.finished_at !== null);
    if (!ended.length) return;
    const fresh = await inTurn(() => this.#claim(ended));
    const reported = fresh.filter((job) => job.state !== "cancelled" && !isShownBy(job));
    for (const { code } of fresh.filter((job) => !reported.includes(job))) this.#shown.delete(code);
    for (const job of reported.slice(0, MAX_NOTICES)) this.#show(job);
    const rest = reported.length - MAX_NOTICES;
    if (rest > 0) {
      const text = ngettext("%(count)s more job ended", "%(count)s more jobs ended", rest);
      showToast({ text, actions: [{ label: gettext("Show jobs"), url: this.#jobsUrl }] });
    }
  }

  /**
   * Return the jobs that no tab has reported. They count as shown from now on: a page that is left before their notices appear
   * leaves them to the next one.
   * @param {LiveJob[]} ended
   */
  #claim(ended) {
    const fresh = this.#seen.claim(ended);
    for (const { code } of fresh) this.#shown.set(code, performance.now());
    return fresh;
  }

  /** @param {LiveJob} job */
  #show(job) {
    const { code, text, title, detail, level, action, url } = job;
    const actions = action && !isHere(action.url) ? [action] : [];
    if (level === "bad" || level === "warn") actions.push({ label: gettext("Details"), url, download: false });
    this.#shown.set(code, performance.now());
    showToast({
      text,
      subject: title,
      detail,
      level,
      actions,
      onEnd: () => this.#shown.delete(code),
    });
  }
}

/**
 * Call a function while no other tab of this browser does. Browsers offer locks in secure contexts alone.
 * @template T
 * @param {() => T} act
 * @returns {Promise<T>}
 */
async function inTurn(act) {
  return navigator.locks ? navigator.locks.request("seen-jobs", async () => act()) : act();
}

/**
 * Whether the page shows the end of the job itself, or will: the history is loaded again for a newer job.
 * @param {LiveJob} job
 */
function isShownBy(job) {
  /** @type {HTMLElement | null} */
  const history = document.querySelector("[data-follow-jobs]");
  const isNew = Date.parse(job.created_at) > Date.parse(history?.dataset.newest ?? "");
  return isNew || document.querySelector(`[data-shows-job="${job.code}"]`) !== null;
}

/** @param {string} url */
const isHere = (url) => new URL(url, location.href).pathname === location.pathname;
