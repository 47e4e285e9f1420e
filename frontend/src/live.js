// State of jobs and of the shown session, asked for again and again. Scripts of a page share one request: common.js runs the poller, and
// each script subscribes by events of the document, because every script has its own copy of this module.

import { gettext } from "./i18n.js";
import { showToast } from "./toasts.js";

/** @typedef {{code: string, kind: string, state: string, percent: number, title: string, url: string, session: string | null, error: string,
 *   version: number | null, bytes_done: number, bytes_total: number, created_at: string, finished_at: string | null, rate: number | null, seconds_left: number | null,
 *   session_url: string | null, text: string, detail: string, level: string, action: JobAction | null, stopping: boolean, cancel: string | null,
 *   retry: string | null}} LiveJob */
/** What a job made. @typedef {{label: string, url: string, download: boolean}} JobAction */
/** @typedef {{code: string, name: string, version: number | null, saved_by: string, saved_at: string | null, texts_read: boolean,
 *   media_read: boolean, digest: string}} LiveSession */
/** @typedef {{jobs: LiveJob[], session: LiveSession | null, seconds: number, has_no_worker?: boolean}} LiveState */

const FIRST = 1000; // milliseconds after the page was loaded
const DEFAULT_SECONDS = 10;
const MAX_SECONDS = 60;
/** Polls without news after which a page asks every 20, then every 30 seconds, until it is used again: a minute, then seven. */
const QUIET = 6;
const QUIETER = 24;
/** Share of an interval by which it varies, so that pages do not ask at the same time. */
const JITTER = 0.2;

/**
 * Call a function with each new state, and with the last one if there is one already.
 * @param {(state: LiveState, previous: LiveState | null) => void} callback
 */
export function subscribe(callback) {
  /** @type {LiveState | null} */
  let previous = null;
  document.addEventListener("live:state", (event) => {
    const state = /** @type {CustomEvent<LiveState>} */ (event).detail;
    if (state === previous) return;
    const before = previous;
    previous = state;
    callback(state, before);
  });
  document.dispatchEvent(new CustomEvent("live:subscribe"));
}

/** Ask at once, for example after a job was queued. */
export const checkNow = () => document.dispatchEvent(new CustomEvent("live:check"));

/** Run the poller of this page, from its first subscriber on. */
export function startUpdates() {
  /** @type {HTMLElement | null} the body, or an element in the head of Django's pages, whose body is not the portal's */
  const element = document.querySelector("[data-updates]");
  const url = element?.dataset.updates;
  if (!url) return;
  const poller = new Poller({
    fetch: (etag) => fetchState(url, etag),
    onState: (state) => document.dispatchEvent(new CustomEvent("live:state", { detail: state })),
    onSignedOut: () =>
      showToast({
        text: gettext("You are signed out."),
        detail: gettext("This page no longer shows what changes, and nothing that you enter can be saved."),
        level: "warn",
        actions: [{ label: gettext("Sign in"), url: location.href }],
      }),
    isHidden: () => document.hidden,
  });
  document.addEventListener("live:subscribe", () => {
    if (poller.state) document.dispatchEvent(new CustomEvent("live:state", { detail: poller.state }));
    else poller.start();
  });
  document.addEventListener("live:check", () => poller.check());
  document.addEventListener("visibilitychange", () => poller.check());
  for (const type of ["pointerdown", "keydown"])
    document.addEventListener(type, () => poller.wake(), { passive: true });
}

/** @typedef {{status: number, etag: string, state: LiveState | null}} LiveResponse *

/**
 * @param {string} url
 * @param {string} etag
 * @returns {Promise<LiveResponse>}
 */
async function fetchState(url, etag) {
  const headers = new Headers({ Accept: "application/json" });
  if (etag) headers.set("If-None-Match", etag);
  // After a sign-out the response redirects to the sign-in page, and its status is 0.
  const response = await fetch(url, { headers, redirect: "manual", cache: "no-store" });
  const state = response.ok ? await response.json() : null;
  return {
    status: response.type === "opaqueredirect" ? 401 : response.status,
    etag: response.headers.get("ETag") ?? "",
    state,
  };
}

/** Asks while the page is visible or a job runs, less often after errors and while nothing changes, and not any more once the user is signed out. */
export class Poller {
  /**
   * @param {object} options
   * @param {(etag: string) => Promise<LiveResponse>} options.fetch
   * @param {(state: LiveState) => void} options.onState
   * @param {() => void} [options.onSignedOut]
   * @param {() => boolean} options.isHidden
   * @param {() => number} [options.random]
   */
  constructor({ fetch, onState, onSignedOut = () => {}, isHidden, random = Math.random }) {
    this.fetch = fetch;
    this.onState = onState;
    this.onSignedOut = onSignedOut;
    this.isHidden = isHidden;
    this.random = random;
    /** @type {LiveState | null} */
    this.state = null;
    this.etag = "";
    this.seconds = DEFAULT_SECONDS;
    this.timer = 0;
    this.unchanged = 0; // polls without news
    this.isStarted = false;
    this.isStopped = false;
    this.isAsking = false;
    this.isOutdated = false;
  }

  start() {
    if (this.isStarted) return;
    this.isStarted = true;
    this.#wait(FIRST);
  }

  /** Ask at once; after the running request if there is one, whose response may be older. */
  check() {
    if (!this.isStarted || this.isStopped) return;
    if (this.isAsking) this.isOutdated = true;
    else this.#ask();
  }

  /** The page is used again after a quiet time. */
  wake() {
    if (this.unchanged < QUIET) return;
    this.unchanged = 0;
    this.check();
  }

  /** @param {number} milliseconds */
  #wait(milliseconds) {
    clearTimeout(this.timer);
    this.timer = Number(setTimeout(() => this.#ask(), milliseconds * (1 + JITTER * this.random())));
  }

  async #ask() {
    clearTimeout(this.timer);
    if (this.isHidden() && !this.#hasRunningJob()) return; // asks again when the page is shown
    this.isAsking = true;
    this.isOutdated = false;
    try {
      this.#receive(await this.fetch(this.etag));
    } catch {
      this.seconds = Math.min(2 * this.seconds, MAX_SECONDS);
    }
    this.isAsking = false;
    if (this.isStopped) return;
    if (this.isOutdated) await this.#ask();
    else this.#wait(1000 * this.#interval);
  }

  /** Seconds until the next request. */
  get #interval() {
    if (this.seconds < DEFAULT_SECONDS) return this.isHidden() ? DEFAULT_SECONDS : this.seconds;
    const factor = this.unchanged < QUIET ? 1 : this.unchanged < QUIETER ? 2 : 3;
    return Math.min(this.seconds * factor, Math.max(this.seconds, 3 * DEFAULT_SECONDS));
  }

  /** The title of a hidden page shows the progress of jobs. */
  #hasRunningJob() {
    return this.state?.jobs.some((job) => job.finished_at === null) ?? false;
  }

  /** @param {LiveResponse} response */
  #receive({ status, etag, state }) {
    if (state) {
      this.etag = etag;
      this.state = state;
      this.seconds = state.seconds;
      this.unchanged = 0;
      this.onState(state);
    } else if (status === 304) {
      this.seconds = this.state?.seconds ?? DEFAULT_SECONDS;
      this.unchanged += 1;
    } else if ([401, 403, 404].includes(status)) {
      this.isStopped = true;
      if (status === 401) this.onSignedOut();
    } else this.seconds = Math.min(2 * this.seconds, MAX_SECONDS);
  }
}
