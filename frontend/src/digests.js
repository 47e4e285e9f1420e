// Has files hashed by a few workers, the biggest first: a large one begun last would keep everybody waiting for it.
import { Refusal } from "./http.js";
import { forget } from "./memory.js";

const MOST_WORKERS = 4;
const AT_ONCE = 64; // small files a worker gets together
const AT_ONCE_BYTES = 4 * 1024 * 1024;

const GONE = "It was moved, renamed or deleted after it was chosen. Choose it again, or leave it out.";
const CHANGED = "It was changed after it was chosen, or may not be read. Choose it again, or leave it out.";

export const unreadable = (errorName) => (errorName === "NotFoundError" ? GONE : CHANGED);

const known = new WeakMap(); // by file: who chooses another one beside it does not wait again

export class Digests {
  // onRead(item): more of it was read, or all, or it cannot be. Items get `read`, and then `sha256` or `error`.
  constructor(url, { onRead }) {
    Object.assign(this, { url, onRead });
    this.workers = [];
  }

  async of(items) {
    for (const item of items.filter((each) => known.has(each.file))) this.found(item, known.get(item.file));
    const unread = items.filter((item) => !item.sha256);
    const queue = unread.map((item, id) => ({ id, item })).sort((a, b) => b.item.size - a.item.size);
    const count = Math.min(MOST_WORKERS, Math.max(2, (navigator.hardwareConcurrency ?? 2) - 1), queue.length);
    this.workers = Array.from({ length: count }, () => new Worker(this.url, { type: "module" }));
    if (this.isPaused) this.pause();
    try {
      await Promise.all(this.workers.map((worker) => this.feed(worker, queue, unread)));
    } finally {
      this.stop();
    }
  }

  feed(worker, queue, items) {
    return new Promise((resolve, reject) => {
      this.end = reject;
      const next = () => {
        const some = take(queue);
        if (some.length) worker.postMessage({ files: some.map(({ id, item }) => ({ id, file: item.file, path: item.path })) });
        else resolve();
      };
      worker.addEventListener("error", () => reject(new Refusal(0, { detail: "Files cannot be read in this browser just now. Reload the page and try again." })));
      worker.addEventListener("message", ({ data }) => {
        if (data.idle) return next();
        const item = items[data.id];
        if (data.sha256) return this.found(item, data);
        if (data.error) item.error = unreadable(data.error);
        else item.read = data.read;
        return this.onRead(item);
      });
      next();
    });
  }

  found(item, { sha256, mark }) {
    known.set(item.file, { sha256, mark });
    Object.assign(item, { sha256, mark, read: item.size });
    this.onRead(item);
  }

  // They have arrived for good, or are not wanted: no refresh needs what they hash to.
  forget(items) {
    return forget(items.map((item) => item.mark).filter(Boolean));
  }

  pause() {
    this.isPaused = true;
    for (const worker of this.workers) worker.postMessage({ pause: true });
  }

  resume() {
    this.isPaused = false;
    for (const worker of this.workers) worker.postMessage({ pause: false });
  }

  cancel() {
    this.stop();
    this.end?.(new DOMException("Cancelled", "AbortError"));
  }

  stop() {
    for (const worker of this.workers) worker.terminate();
    this.workers = [];
  }
}

function take(queue) {
  const some = [];
  for (let bytes = 0; queue.length && some.length < AT_ONCE && (!some.length || bytes + queue[0].item.size <= AT_ONCE_BYTES);) {
    bytes += queue[0].item.size;
    some.push(queue.shift());
  }
  return some;
}
