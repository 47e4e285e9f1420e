// The part of a page that brings files to the portal: phases, progress, what is waited for, what failed; pause, resume, cancel.
import { bytes, files as counted } from "./format.js";
import { isCancelled } from "./http.js";
import { Meter } from "./meter.js";
import { Uploader } from "./uploader.js";

const PHASES = ["reading", "sending", "saving"];
const SAID = { reading: "Reading the files", sending: "Sending the files", saving: "Everything is there" };
const FAILURES_SHOWN = 200;

export class Sending {
  // urls: as Uploader wants them. onChange(item): a file moved. onCancel(): asked for, and done here.
  constructor(form, { urls, onChange = () => {}, onCancel = () => {} }) {
    Object.assign(this, { form, urls, onChange, onCancel, uploader: null, isBusy: false, isDrawing: false });
    this.meter = new Meter(this.part("meter"));
    this.part("pause").addEventListener("click", () => this.pause());
    this.part("resume").addEventListener("click", () => this.resume());
    this.part("cancel").addEventListener("click", () => this.cancel());
    addEventListener("beforeunload", (event) => { if (this.isBusy && this.uploader) event.preventDefault(); });
  }

  part(name) {
    return this.form.querySelector(`[data-part="${name}"]`);
  }

  show(name, isShown) {
    const part = this.part(name);
    if (part) part.hidden = !isShown;
  }

  // Brings the files; returns whether all are there. What came before of the same list is gone on with.
  async bring(list) {
    this.uploader ??= new Uploader(list, {
      urls: this.urls,
      on: {
        change: (item) => { this.onChange(item); this.draw(); },
        phase: (phase) => this.enter(phase),
        trouble: (sentence) => this.trouble(sentence),
        signedOut: () => this.signedOut(),
      },
    });
    this.show("sending", true);
    this.show("failures", false);
    try {
      const isComplete = await this.uploader.run();
      if (!isComplete) this.list(this.uploader.failed);
      return isComplete;
    } catch (error) {
      if (isCancelled(error)) this.uploader = null;
      throw error;
    }
  }

  // Lets go of what was sent: it became something else, or other files are wanted.
  forget({ isDiscarded = false } = {}) {
    const running = this.uploader;
    this.uploader = null;
    this.show("sending", false);
    this.show("failures", false);
    return isDiscarded ? running?.cancel() : undefined;
  }

  // What was sent became something else, which is told on another page.
  async leave(url) {
    const done = this.uploader;
    this.uploader = null;
    await done?.end();
    location.assign(url);
  }

  // ---- What people do ----

  pause() {
    this.uploader?.pause();
    this.meter.stop();
    this.buttons();
    this.say("Paused");
    this.focus("resume");
  }

  resume() {
    this.show("signed-out", false);
    this.meter.restart();
    this.uploader?.resume();
    this.buttons();
    this.say(SAID[this.uploader?.phase] ?? "");
    this.focus("pause");
  }

  async cancel() {
    const running = this.uploader;
    this.forget();
    this.say("Cancelled");
    await this.onCancel();
    await running?.cancel();
  }

  // ---- Telling ----

  busy(value) {
    const isHere = this.form.contains(document.activeElement);
    this.isBusy = value;
    if (!value) this.meter.stop();
    this.part("zone").inert = value;
    this.show("signed-out", false);
    this.trouble("");
    this.buttons();
    if (isHere) this.focus(value ? "pause" : this.part("failures").hidden ? "submit" : "retry");
  }

  buttons() {
    const isPaused = this.uploader?.isPaused ?? false;
    const isHere = this.isBusy && this.uploader !== null;
    const isMoving = isHere && this.uploader.phase !== "saving";
    for (const button of this.form.querySelectorAll("[data-starts]")) button.hidden = this.isBusy;
    this.show("pause", isMoving && !isPaused);
    // Who paused in the last moment finds it waiting before the save, and must be able to go on.
    this.show("resume", isHere && isPaused);
    this.show("cancel", isMoving || (isHere && isPaused));
    this.part("sending").classList.toggle("paused", isPaused);
  }

  // Who pressed a button that is gone finds the next one under their fingers.
  focus(name) {
    const button = this.part(name);
    if (!button.hidden && !button.disabled && (document.activeElement === document.body || document.activeElement?.hidden)) button.focus({ preventScroll: true });
  }

  enter(phase) {
    this.uploader.phase = phase;
    const at = PHASES.indexOf(phase);
    for (const step of this.part("phases").children) {
      const place = PHASES.indexOf(step.dataset.phase);
      step.classList.toggle("done", place < at);
      if (place === at) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    }
    const here = this.uploader.here;
    this.show("here", here.length > 0);
    if (here.length) this.part("here").textContent = `${counted(here.length)}, ${bytes(here.reduce((sum, item) => sum + item.size, 0))}, ${here.length === 1 ? "is" : "are"} here already.`;
    this.meter.restart();
    this.say(SAID[phase]);
    this.buttons();
    if (this.form.contains(document.activeElement) || document.activeElement === document.body) this.focus("pause");
    this.draw();
  }

  // Draws at most once a frame, however many parts report.
  draw() {
    if (this.isDrawing) return;
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      if (!this.uploader) return;
      const { done, total } = this.uploader.progress;
      this.meter.show(done, total);
      if (!this.isBusy || this.uploader.isPaused) this.meter.stop();
    });
  }

  trouble(sentence) {
    this.show("trouble", sentence !== "");
    if (this.part("trouble-text").textContent !== sentence) this.part("trouble-text").textContent = sentence;
  }

  signedOut() {
    this.show("signed-out", true);
    this.trouble("");
    this.meter.stop();
    this.buttons();
  }

  list(failed) {
    this.part("failures-title").textContent = `${counted(failed.length)} could not be sent`;
    const lines = failed.slice(0, FAILURES_SHOWN).map((item) => line(`${item.path}: ${item.error}`));
    if (failed.length > FAILURES_SHOWN) lines.push(line(`… and ${counted(failed.length - FAILURES_SHOWN)} more.`));
    this.part("failures-list").replaceChildren(...lines);
    this.show("failures", true);
  }

  say(sentence) {
    this.part("said").textContent = sentence;
  }
}

function line(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}
