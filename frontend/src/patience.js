// Tries again what may work later: waits for the network, longer each time for a server, and for people who paused or signed out.
import { Refusal, isCancelled } from "./http.js";

export const DELAYS = [1000, 2000, 4000, 8000, 15_000, 30_000, 30_000]; // milliseconds: a minute and a half in all

const OFFLINE = "No connection. This goes on by itself when it is back.";
const AWAY = "The portal cannot be reached. Trying again …";

export const troubleOf = (error) => (navigator.onLine ? (error.status === 0 ? AWAY : error.message) : OFFLINE);

export class Patience {
  // onTrouble(sentence): what is waited for, "" when it is over. onSignedOut(error): everything is paused until `resume`.
  constructor({ onTrouble, onSignedOut }) {
    Object.assign(this, { onTrouble, onSignedOut });
    this.aborter = new AbortController();
    this.open = null; // while paused: what opens the gate
    this.gate = Promise.resolve();
  }

  get isPaused() {
    return this.open !== null;
  }

  get signal() {
    return this.aborter.signal;
  }

  pause() {
    this.gate = this.isPaused ? this.gate : new Promise((resolve) => { this.open = resolve; });
  }

  resume() {
    this.open?.();
    this.open = null;
  }

  cancel() {
    this.aborter.abort();
    this.resume();
  }

  async run(action) {
    for (let attempt = 0; ;) {
      await this.gate;
      this.signal.throwIfAborted();
      try {
        const told = await action();
        if (attempt) this.onTrouble("");
        return told;
      } catch (error) {
        if (isCancelled(error) || !(error instanceof Refusal)) throw error;
        if (error.status === 401) {
          this.pause();
          this.onSignedOut(error);
          continue;
        }
        if (!error.passes || attempt === DELAYS.length) throw error;
        this.onTrouble(troubleOf(error));
        await this.wait(Math.max(DELAYS[attempt], error.wait * 1000));
        attempt += 1;
      }
    }
  }

  // Waits so long, then for the network; a cancellation ends it at once.
  async wait(milliseconds) {
    await this.until((done) => setTimeout(done, milliseconds));
    if (!navigator.onLine) await this.until((done) => addEventListener("online", done, { once: true, signal: this.signal }));
  }

  until(arrange) {
    return new Promise((resolve) => {
      this.signal.addEventListener("abort", resolve, { once: true });
      arrange(() => { this.signal.removeEventListener("abort", resolve); resolve(); });
    });
  }
}
