// Brings files to the portal: reads their hashes, asks which are here already, and has Uppy send the others part by part.
//
// The server knows an upload again by the hashes of its files, so whoever begins anew, after a refresh or on another day, goes
// on where it stopped. Uppy keeps the queue of parts, pauses and tries again; what travels and where is said here.
import { AwsS3, Uppy } from "./uppy.js";
import { Digests, unreadable } from "./digests.js";
import { Refusal, call, isCancelled, put } from "./http.js";
import { DELAYS, Patience, troubleOf } from "./patience.js";
import { Signatures } from "./signatures.js";
import { transfersOf } from "./transfers.js";

const NOBODY = "00000000-0000-0000-0000-000000000000";
const AT_ONCE = 4; // parts on their way, of all files together
const HASHES_A_CALL = 5000;
const UPLOADS_A_CALL = 500;
const FILES_A_CALL = 4000;
const COMPLETED_A_CALL = 200;
const PACK_FILES = 2000;
const ROUNDS = 3; // how often what was lost on the way is sent anew before people are asked
const DISCARDED_AT_ONCE = 3;
const PERMANENT = 410; // a status that Uppy does not try again

const quiet = { debug() {}, warn() {}, error() {} }; // what goes wrong is told in the page
const batches = (list, size) => Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));
const failure = (error, status) => Object.assign(new Error(error.message), { source: { status } });
const again = (error) => failure(error, error.status === 429 ? 429 : 503);
const never = (error) => failure(error, PERMANENT);

// One file. state: waiting, reading, here, sending, sent, failed.
class Item {
  constructor({ file, path }) {
    Object.assign(this, { file, path, size: file.size, sha256: "", mark: "", read: 0, sent: 0, state: "waiting", error: "" });
  }

  become(state, more = {}) {
    Object.assign(this, { state, ...more });
  }
}

export class Uploader {
  // urls: limits, missing, open, sign, part, complete, discard, worker. on: change(item), phase(name), trouble(sentence), signedOut(error).
  constructor(list, { urls, on }) {
    Object.assign(this, { urls, on, phase: "", transfers: [], uppy: null });
    this.items = list.map((one) => new Item(one));
    this.patience = new Patience({ onTrouble: on.trouble, onSignedOut: (error) => { this.pause(); on.signedOut(error); } });
    this.digests = new Digests(urls.worker, { onRead: (item) => this.onRead(item) });
  }

  // ---- How far it is ----

  get progress() {
    if (this.phase === "reading") return { done: this.sum((item) => item.read), total: this.sum((item) => item.size) };
    return { done: this.sum((item) => item.sent), total: this.sum((item) => (item.state === "here" ? 0 : item.size)) };
  }

  sum(amount) {
    return this.items.reduce((sum, item) => sum + amount(item), 0);
  }

  get failed() {
    return this.items.filter((item) => item.state === "failed");
  }

  get here() {
    return this.items.filter((item) => item.state === "here");
  }

  get isPaused() {
    return this.patience.isPaused;
  }

  // What a save is made of.
  get uploads() {
    return this.transfers.filter((transfer) => transfer.isComplete).map((transfer) => transfer.code);
  }

  get blobs() {
    return this.here.map(({ path, size, sha256 }) => ({ path, size, sha256 }));
  }

  // ---- What people do ----

  // Brings everything; returns whether nothing failed. Called again it tries what failed once more.
  async run() {
    for (const item of this.failed) this.change(item, "waiting", { error: "", sent: 0 });
    await this.read();
    if (this.urls.missing) await this.ask();
    this.enter("sending");
    for (let round = 0; round < ROUNDS; round += 1) {
      await this.plan();
      await this.send();
      await this.complete();
      if (!this.waiting.length) break;
    }
    return this.failed.length === 0 && !this.waiting.length;
  }

  get waiting() {
    return this.items.filter((item) => item.state === "waiting" || item.state === "sending");
  }

  pause() {
    this.patience.pause();
    this.digests.pause();
    this.uppy?.pauseAll();
  }

  resume() {
    this.patience.resume();
    this.digests.resume();
    this.uppy?.resumeAll();
  }

  // Stops and gives the server's space back; what does not get through expires there by itself.
  async cancel() {
    this.patience.cancel();
    this.digests.cancel();
    this.uppy?.cancelAll();
    await this.digests.forget(this.items);
    const codes = this.transfers.map((transfer) => transfer.code).filter(Boolean);
    for (const some of batches(codes, DISCARDED_AT_ONCE)) {
      await Promise.allSettled(some.map((code) => call("DELETE", this.urls.discard.replace(NOBODY, code))));
    }
  }

  // It became a version or an import.
  async end() {
    await this.digests.forget(this.items);
  }

  // The server said that something is not there any more: whatever it is, the next run asks and sends it again.
  doubt() {
    for (const transfer of this.transfers) transfer.forget();
    this.transfers = [];
    for (const item of this.items) if (item.state !== "failed") this.change(item, "waiting", { sent: 0 });
  }

  // ---- Reading ----

  async read() {
    const unread = this.items.filter((item) => item.state === "waiting" && !item.sha256);
    if (!unread.length) return;
    this.enter("reading");
    await this.patience.gate;
    await this.digests.of(unread);
    this.patience.signal.throwIfAborted();
  }

  onRead(item) {
    if (item.error) item.become("failed", { read: 0 });
    else item.become(item.sha256 ? "waiting" : "reading");
    this.on.change(item);
  }

  async ask() {
    for (const some of batches(this.loose, HASHES_A_CALL)) {
      const asked = [...new Map(some.map(({ sha256, size }) => [sha256, { sha256, size }])).values()];
      const told = await this.call("POST", this.urls.missing, { blobs: asked });
      const missing = new Set(told.missing);
      for (const item of some) if (!missing.has(item.sha256)) this.change(item, "here");
    }
    // Nothing of them travels that the server could hash: only what was read just now may say what they are.
    await this.digests.forget(this.here);
  }

  // ---- Sending ----

  // What waits and is part of no transfer yet.
  get loose() {
    const planned = new Set(this.transfers.flatMap((transfer) => transfer.items));
    return this.waiting.filter((item) => !planned.has(item));
  }

  // Cuts what waits into transfers and announces those that the server does not know.
  async plan() {
    this.transfers = this.transfers.filter((transfer) => !transfer.isBroken);
    const { loose } = this;
    if (loose.length) {
      this.limits ??= await this.call("GET", this.urls.limits);
      const { part_size: partSize, max_pack_file_size: packFileSize } = this.limits;
      this.transfers.push(...transfersOf(loose, { partSize, packFileSize, packFiles: PACK_FILES }));
    }
    for (const some of announcements(this.transfers.filter((transfer) => !transfer.code))) {
      const told = await this.call("POST", this.urls.open, { uploads: some.map((transfer) => transfer.announcement) });
      for (const [at, transfer] of some.entries()) {
        transfer.open(told.uploads[at]);
        this.moved(transfer);
      }
    }
  }

  async send() {
    const moving = this.transfers.filter((transfer) => !transfer.isSent);
    if (!moving.length) return;
    const byCode = new Map(moving.map((transfer) => [transfer.code, transfer]));
    const of = (file) => byCode.get(file.meta.code);
    const signatures = new Signatures({
      transfers: moving,
      ask: async (parts) => this.once("POST", this.urls.sign, { parts }),
      partUrl: (code, number) => this.urls.part.replace(NOBODY, code).replace(/0$/, number),
    });
    this.uppy = new Uppy({ logger: quiet }).use(AwsS3, {
      limit: AT_ONCE,
      retryDelays: DELAYS,
      shouldUseMultipart: true,
      getChunkSize: ({ size }) => moving.find((transfer) => transfer.size === size).partSize, // the same for all of a size
      // Uploads are announced many at a time, before, and completed so, after all their parts are there.
      createMultipartUpload: (file) => ({ uploadId: of(file).code, key: of(file).code }),
      listParts: (file) => [...of(file).parts].map(([PartNumber, ETag]) => ({ PartNumber, ETag })),
      completeMultipartUpload: () => ({}),
      abortMultipartUpload: () => {},
      signPart: (file, { partNumber }) => this.sign(signatures, of(file), partNumber),
      uploadPartBytes: (part) => this.sendPart(signatures, part),
    });
    this.uppy.on("upload-start", () => { if (this.isPaused) setTimeout(() => this.isPaused && this.uppy?.pauseAll()); });
    this.uppy.on("upload-progress", (file, { bytesUploaded }) => { of(file).sent = bytesUploaded; this.moved(of(file)); });
    this.uppy.on("upload-error", (file, error) => this.fail(of(file), error.message));
    this.uppy.addFiles(moving.map((transfer) => ({ name: transfer.code, type: "application/octet-stream", data: transfer.blob, meta: { code: transfer.code, relativePath: transfer.code } })));
    // So Uppy goes on with every one of them, and asks which parts are there, as after a refresh.
    const files = Object.entries(this.uppy.getState().files).map(([id, file]) => [id, { ...file, s3Multipart: { uploadId: file.meta.code, key: file.meta.code } }]);
    this.uppy.setState({ files: Object.fromEntries(files) });
    try {
      await this.patience.gate;
      this.patience.signal.throwIfAborted();
      await this.uppy.upload();
      this.patience.signal.throwIfAborted();
    } finally {
      this.uppy.destroy();
      this.uppy = null;
      this.on.trouble("");
    }
  }

  // What cannot be signed for is told where the part is sent: Uppy would try for a minute and a half even where it is hopeless.
  async sign(signatures, transfer, number) {
    const part = { method: "PUT", transfer, number };
    try {
      return { ...part, ...(await signatures.of(transfer, number)) };
    } catch (error) {
      return { ...part, refusal: error };
    }
  }

  async sendPart(signatures, { signature, body, onProgress, onComplete, signal }) {
    const { transfer, number, url, headers, refusal } = signature;
    try {
      if (refusal) throw refusal;
      let isTold = false;
      const etag = await put(url, body, {
        headers,
        signal,
        onProgress: (loaded) => {
          if (!isTold) this.on.trouble("");
          isTold = true;
          onProgress({ loaded, lengthComputable: true });
        },
      });
      transfer.parts.set(number, etag);
      onProgress({ loaded: body.size, lengthComputable: true });
      onComplete(etag);
      return { ETag: etag };
    } catch (error) {
      throw await this.judge(error, { signatures, transfer, number });
    }
  }

  // Says whether it may go through later, and tells people what is waited for.
  async judge(error, { signatures, transfer, number }) {
    if (isCancelled(error) || !(error instanceof Refusal)) return error;
    if (error.status === 401) {
      if (!this.isPaused) this.patience.onSignedOut(error); // pauses Uppy, which sends the part again when it goes on
      return again(error);
    }
    if (error.status === 0 && (await this.markUnreadable(transfer))) return never(error);
    if (error.code === "store" && error.status < 500) {
      signatures.drop(transfer, number);
      return again(error);
    }
    if (error.passes) {
      this.on.trouble(troubleOf(error));
      return again(error);
    }
    if (["not_found", "upload_deleted", "upload_expired", "upload_complete"].includes(error.code)) transfer.forget();
    return never(error);
  }

  // A browser tells a file that was changed like a connection that broke: reading a byte tells them apart.
  async markUnreadable(transfer) {
    const broken = [];
    for (const item of transfer.items) {
      try {
        await item.file.slice(0, 1).arrayBuffer();
      } catch (error) {
        broken.push(item);
        this.change(item, "failed", { error: unreadable(error.name), sent: 0, sha256: "" });
      }
    }
    return broken.length > 0;
  }

  // Of a pack that broke for one file's sake the others are sent in another one.
  fail(transfer, message) {
    const isUnreadable = transfer.items.some((item) => item.state === "failed");
    transfer.isBroken = isUnreadable || transfer.code === "";
    for (const item of transfer.items) {
      if (item.state !== "failed") this.change(item, isUnreadable ? "waiting" : "failed", { error: isUnreadable ? "" : message, sent: 0 });
    }
  }

  async complete() {
    const sent = this.transfers.filter((transfer) => transfer.isSent && !transfer.isComplete);
    for (const some of batches(sent, COMPLETED_A_CALL)) {
      try {
        await this.call("POST", this.urls.complete, { uploads: some.map(({ code }) => code) });
        for (const transfer of some) transfer.isComplete = true;
      } catch (error) {
        if (error.code !== "upload_incomplete") throw error;
        const lost = new Map(error.told.incomplete.map(({ upload, missing }) => [upload, missing]));
        for (const transfer of some) {
          if (lost.has(transfer.code)) transfer.lose(lost.get(transfer.code));
          else transfer.isComplete = true;
        }
      }
    }
    for (const transfer of this.transfers) this.moved(transfer);
  }

  // ---- Telling ----

  enter(phase) {
    this.phase = phase;
    this.on.phase(phase);
  }

  change(item, state, more) {
    item.become(state, more);
    this.on.change(item);
  }

  // A pack's files lie one after another, and so they arrive.
  moved(transfer) {
    let start = 0;
    for (const item of transfer.items) {
      const sent = Math.min(item.size, Math.max(0, transfer.sent - start));
      start += item.size;
      if (item.state === "failed") continue;
      const state = transfer.isComplete || (sent === item.size && transfer.sent > 0) ? "sent" : sent > 0 ? "sending" : "waiting";
      if (state !== item.state || sent !== item.sent) this.change(item, state, { sent });
    }
  }

  // ---- Asking ----

  call(method, url, body) {
    return this.patience.run(() => this.once(method, url, body));
  }

  once(method, url, body) {
    return call(method, url, body, { signal: this.patience.signal });
  }
}

// As many uploads a call as the server takes, of as many files.
function announcements(transfers) {
  const calls = [];
  let files = 0;
  for (const transfer of transfers) {
    const last = calls.at(-1);
    if (last && last.length < UPLOADS_A_CALL && files + transfer.items.length <= FILES_A_CALL) {
      last.push(transfer);
      files += transfer.items.length;
    } else {
      calls.push([transfer]);
      files = transfer.items.length;
    }
  }
  return calls;
}
