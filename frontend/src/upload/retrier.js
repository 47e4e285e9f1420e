// Run actions again after failures that may pass; pause, resume and cancel them.

import { ApiError } from "../api.js";
import { gettext } from "../i18n.js";

/** Milliseconds between attempts: a minute and a half in all. */
export const RETRY_DELAYS = [1000, 2000, 4000, 8000, 15_000, 30_000, 30_000];

const OFFLINE = gettext("No connection. The upload resumes when it is back.");
const UNREACHABLE = gettext("The portal cannot be reached. Trying again …");

/** An action was stopped because of a pause. The retrier runs it again after `resume`. */
export class PausedError extends Error {}

/** Connection state of the browser. */
const browserNetwork = {
  isOnline: () => navigator.onLine,
  /** @param {() => void} listener @param {AbortSignal} signal */
  onceOnline: (listener, signal) => addEventListener("online", listener, { once: true, signal }),
};

export class Retrier {
  #cancellation = new AbortController();
  #gate = Promise.resolve();
  /** @type {(() => void) | null} */
  #openGate = null;
  #onWaiting;
  #onSignedOut;
  #network;

  /**
   * @param {object} options
   * @param {(reason: string) => void} options.onWaiting receives what is waited for, "" when the wait is over
   * @param {(error: ApiError) => void} options.onSignedOut is called when the retrier has paused after a sign-out
   * @param {typeof browserNetwork} [options.network]
   */
  constructor({ onWaiting, onSignedOut, network = browserNetwork }) {
    this.#onWaiting = onWaiting;
    this.#onSignedOut = onSignedOut;
    this.#network = network;
  }

  get isPaused() {
    return this.#openGate !== null;
  }

  /** Aborted when everything was cancelled. */
  get signal() {
    return this.#cancellation.signal;
  }

  pause() {
    if (this.isPaused) return;
    this.#gate = new Promise((resolve) => {
      this.#openGate = resolve;
    });
  }

  resume() {
    this.#openGate?.();
    this.#openGate = null;
  }

  cancel() {
    this.#cancellation.abort();
    this.resume();
  }

  /** Wait while paused. Throws an AbortError when cancelled. */
  async ready() {
    await this.#gate;
    this.signal.throwIfAborted();
  }

  /**
   * Run an action until it succeeds, fails for good, or was tried too often.
   * @template T
   * @param {() => Promise<T>} action
   * @returns {Promise<T>}
   */
  async run(action) {
    for (let failures = 0; ; ) {
      await this.ready();
      try {
        const result = await action();
        if (failures) this.#onWaiting("");
        return result;
      } catch (error) {
        if (error instanceof PausedError) continue;
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 401) this.#pauseSignedOut(error);
        else await this.#backOff(error, failures++);
      }
    }
  }

  /** @param {ApiError} error */
  #pauseSignedOut(error) {
    this.pause();
    this.#onSignedOut(error);
  }

  /**
   * Wait before the next attempt, or throw the error where there is none.
   * @param {ApiError} error
   * @param {number} failures before this one
   */
  async #backOff(error, failures) {
    const delay = RETRY_DELAYS[failures];
    if (!error.isRetryable || delay === undefined) throw error;
    this.#onWaiting(this.#reasonOf(error));
    await this.#wait(Math.max(delay, error.retryAfter * 1000));
  }

  /** @param {ApiError} error */
  #reasonOf(error) {
    if (!this.#network.isOnline()) return OFFLINE;
    return error.status === 0 ? UNREACHABLE : error.message;
  }

  /**
   * Wait for a time, then for the network.
   * @param {number} milliseconds
   */
  async #wait(milliseconds) {
    await this.#until((done) => setTimeout(done, milliseconds));
    if (!this.#network.isOnline()) await this.#until((done) => this.#network.onceOnline(done, this.signal));
  }

  /**
   * Wait for an event, or for the cancellation.
   * @param {(done: () => void) => void} arrange
   */
  #until(arrange) {
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => resolve(undefined);
      this.signal.addEventListener("abort", end, { once: true });
      arrange(() => {
        this.signal.removeEventListener("abort", end);
        end();
      });
    });
  }
}
