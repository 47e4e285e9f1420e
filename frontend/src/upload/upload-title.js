// Progress of an upload in the title of the page, also while the tab is hidden.
import { describeProgress, setTitleProgress } from "../page-title.js";

const PAUSE = 500; // milliseconds between two titles; frames do not come in a hidden tab

export class UploadTitle {
  #timer = 0;
  #describe;

  /** @param {() => {done: number, total: number, text: string} | null} describe returns null while nothing is uploaded */
  constructor(describe) {
    this.#describe = describe;
  }

  /** Show the progress soon. */
  schedule() {
    this.#timer ||= window.setTimeout(() => this.show(), PAUSE);
  }

  show() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const progress = this.#describe();
    setTitleProgress(progress ? describeProgress(progress.done, progress.total, progress.text) : "");
  }
}
