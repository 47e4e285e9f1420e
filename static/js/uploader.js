// Sends files part by part, three parts at a time, each tried again when the connection breaks.
import { Refusal, call, put } from "./http.js";

const AT_ONCE = 3;
const TRIES = 3;
const FILES_A_CALL = 500;
const NOBODY = "00000000-0000-0000-0000-000000000000";

const batches = (list, size) => Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
const online = () => (navigator.onLine ? Promise.resolve() : new Promise((resolve) => { addEventListener("online", resolve, { once: true }); }));

export const isCancelled = (error) => error instanceof DOMException && error.name === "AbortError";

// One file on its way. state: waiting, sending, done, failed.
class Transfer {
  constructor({ file, path }) {
    Object.assign(this, { file, path, size: file.size, code: "", parts: [], state: "waiting", error: "" });
  }

  get sent() {
    return this.parts.reduce((sum, part) => sum + part.sent, 0);
  }

  // What had arrived was lost there, as by a power cut: all of it has to be sent once more.
  again(error) {
    Object.assign(this, { state: "failed", error });
    for (const part of this.parts) Object.assign(part, { sent: 0, isDone: false });
  }

  cut(partSize) {
    const count = Math.ceil(this.size / partSize);
    this.parts = Array.from({ length: count }, (_, at) => ({
      number: at + 1, start: at * partSize, end: Math.min(this.size, (at + 1) * partSize), sent: 0, isDone: false,
    }));
  }
}

export class Uploader {
  // urls: open, part, complete, discard. onChange(transfer) is called whenever one of them moves.
  constructor(list, { urls, onChange }) {
    this.urls = urls;
    this.onChange = onChange;
    this.transfers = list.map((item) => new Transfer(item));
    this.total = this.transfers.reduce((sum, transfer) => sum + transfer.size, 0);
    this.aborter = new AbortController();
  }

  get sent() {
    return this.transfers.reduce((sum, transfer) => sum + transfer.sent, 0);
  }

  get failed() {
    return this.transfers.filter((transfer) => transfer.state === "failed");
  }

  get codes() {
    return this.transfers.map((transfer) => transfer.code);
  }

  // Sends what is not there yet; returns whether everything is. May be called again to send what failed.
  async run() {
    await this.open();
    for (const transfer of this.failed) Object.assign(transfer, { state: "waiting", error: "" });
    const queue = this.transfers
      .filter((transfer) => transfer.state !== "done")
      .flatMap((transfer) => (transfer.parts.length ? transfer.parts.filter((part) => !part.isDone).map((part) => [transfer, part]) : [[transfer, null]]));
    const workers = Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next && !this.aborter.signal.aborted; next = queue.shift()) await this.sendPart(...next);
    });
    await Promise.all(workers);
    this.aborter.signal.throwIfAborted();
    if (this.failed.length) return false;
    for (const some of batches(this.transfers, FILES_A_CALL)) {
      try {
        await this.patiently(() => call("POST", this.urls.complete, { uploads: some.map(({ code }) => code) }));
      } catch (error) {
        if (error.code !== "upload_incomplete") throw error;
        for (const transfer of some) transfer.again(error.message);
        return false;
      }
    }
    return true;
  }

  async open() {
    for (const some of batches(this.transfers.filter((transfer) => !transfer.code), FILES_A_CALL)) {
      const files = some.map(({ path, size }) => ({ path, size }));
      const opened = await this.patiently(() => call("POST", this.urls.open, { files }));
      for (const [at, transfer] of some.entries()) {
        transfer.code = opened.uploads[at].code;
        transfer.cut(opened.part_size);
      }
    }
  }

  async sendPart(transfer, part) {
    if (transfer.state === "failed") return;
    if (part === null) { // an empty file has no parts
      transfer.state = "done";
      this.onChange(transfer);
      return;
    }
    transfer.state = "sending";
    try {
      await this.patiently(async () => {
        part.sent = 0;
        const onProgress = (sent) => {
          part.sent = Math.min(sent, part.end - part.start);
          this.onChange(transfer);
        };
        const url = this.urls.part.replace(NOBODY, transfer.code).replace("/parts/0/", `/parts/${part.number}/`);
        await put(url, transfer.file.slice(part.start, part.end), { onProgress, signal: this.aborter.signal });
      });
      part.sent = part.end - part.start;
      part.isDone = true;
      if (transfer.parts.every((each) => each.isDone)) transfer.state = "done";
    } catch (error) {
      part.sent = 0;
      if (isCancelled(error)) return;
      transfer.state = "failed";
      transfer.error = error.message;
      if (error.status === 401) this.aborter.abort(error); // signed out: nothing else will go through either
    }
    this.onChange(transfer);
  }

  // Does it up to three times, with growing pauses, as long as the trouble may pass.
  async patiently(action) {
    for (let attempt = 1; ; attempt += 1) {
      this.aborter.signal.throwIfAborted();
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof Refusal) || !error.passes || attempt === TRIES) throw error;
        await pause(1000 * 2 ** (attempt - 1));
        await online();
      }
    }
  }

  // Stops and gives the server's space back; what does not get through expires there by itself.
  async cancel() {
    this.aborter.abort();
    for (const some of batches(this.transfers.filter((transfer) => transfer.code), AT_ONCE)) {
      await Promise.allSettled(some.map(({ code }) => call("DELETE", this.urls.discard.replace(NOBODY, code))));
    }
  }
}
