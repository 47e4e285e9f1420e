import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Uploader } from "../src/upload/uploader.js";

const PART_SIZE = 100;
const NIL = "00000000-0000-0000-0000-000000000000";
const URLS = {
  limits: "/me",
  missingBlobs: "/blobs/missing",
  createUploads: "/uploads",
  signParts: "/uploads/sign",
  part: `/uploads/${NIL}/parts/0`,
  completeUploads: "/uploads/complete",
  discardUpload: `/uploads/${NIL}`,
  hashWorker: "hash-worker.js",
};

/** A portal in memory: uploads by code, and which parts of them have arrived. */
class FakePortal {
  /** @type {Set<string>} digests that it has */
  blobs = new Set();
  /** @type {Map<string, {size: number, parts: Set<number>}>} */
  uploads = new Map();
  /** @type {string[]} */
  requests = [];
  /** @type {(url: string) => number} status of a part request, 0 for a lost connection */
  statusOfPart = () => 204;
  /** @type {string[]} codes whose first part gets lost at the next completion */
  losses = [];

  /** @param {string} url @param {{method: string, body?: string}} options */
  fetch = async (url, { method, body }) => {
    this.requests.push(`${method} ${url}`);
    const data = body === undefined ? undefined : JSON.parse(body);
    const result = this.#respond(method, url, data);
    return new Response(result.json === undefined ? null : JSON.stringify(result.json), {
      status: result.status ?? 200,
    });
  };

  /** @param {string} method @param {string} url @param {any} data @returns {{json?: object, status?: number}} */
  #respond(method, url, data) {
    if (method === "DELETE") return { status: 204 };
    if (url === "/me") return { json: { part_size: PART_SIZE, max_pack_file_size: 50 } };
    if (url === "/uploads")
      return { json: { uploads: data.uploads.map((/** @type {any} */ one) => this.#create(one)) } };
    if (url === "/uploads/complete") return this.#complete(data.uploads);
    /** @type {{sha256: string}[]} */
    const blobs = data.blobs;
    return { json: { missing: blobs.map(({ sha256 }) => sha256).filter((sha256) => !this.blobs.has(sha256)) } };
  }

  /** @param {{path?: string, size?: number, files?: {path: string, size: number}[]}} description */
  #create({ path, size = 0, files = [{ path: path ?? "", size }] }) {
    const code = files.map((file) => file.path).join("+");
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const upload = this.uploads.get(code) ?? { size: total, parts: new Set() };
    this.uploads.set(code, upload);
    const parts = [...upload.parts].map((number) => ({
      number,
      size: Math.min(PART_SIZE, total - (number - 1) * PART_SIZE),
    }));
    const partCount = Math.ceil(total / PART_SIZE);
    return { code, state: "receiving", direct: false, part_size: PART_SIZE, part_count: partCount, parts };
  }

  /** @param {string[]} codes */
  #complete(codes) {
    const lost = this.losses.splice(0).filter((code) => codes.includes(code));
    if (!lost.length) return { json: {} };
    for (const code of lost) this.uploads.get(code)?.parts.delete(1);
    const incomplete = lost.map((upload) => ({ upload, missing: [1] }));
    return { status: 409, json: { code: "upload_incomplete", incomplete } };
  }

  /** @param {string} url @param {number} status */
  receive(url, status) {
    const [, code, number] = /** @type {RegExpMatchArray} */ (url.match(/^\/uploads\/(.+)\/parts\/(\d+)$/));
    if (status < 300) this.uploads.get(code ?? "")?.parts.add(Number(number));
  }

  get sentParts() {
    return this.requests.filter((request) => request.startsWith("PUT")).map((request) => request.slice(4));
  }
}

/** @type {FakePortal} */
let portal;

class FakeXMLHttpRequest {
  upload = { onprogress: (/** @type {{loaded: number}} */ _event) => {} };
  status = 0;
  responseText = "{}";
  #url = "";
  onload = () => {};
  onerror = () => {};
  onloadend = () => {};
  onabort = () => {};
  open(/** @type {string} */ method, /** @type {string} */ url) {
    this.#url = url;
    portal.requests.push(`${method} ${url}`);
  }
  setRequestHeader() {}
  getResponseHeader = () => null;
  abort() {
    this.onabort();
    this.onloadend();
  }
  send(/** @type {Blob} */ blob) {
    queueMicrotask(() => {
      this.status = portal.statusOfPart(this.#url);
      if (this.status === 0) this.onerror();
      else {
        portal.receive(this.#url, this.status);
        this.upload.onprogress({ loaded: blob.size });
        this.onload();
      }
      this.onloadend();
    });
  }
}

/** Hashes a file to its path. */
class FakeWorker extends EventTarget {
  /** @param {{files?: {path: string}[]}} message */
  postMessage({ files }) {
    queueMicrotask(() => {
      for (const [index, { path }] of (files ?? []).entries()) this.#send({ index, sha256: `sha256 of ${path}` });
      if (files) this.#send({});
    });
  }
  #send(/** @type {object} */ data) {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
  terminate() {}
}

beforeEach(() => {
  portal = new FakePortal();
  Object.assign(globalThis, {
    fetch: portal.fetch,
    XMLHttpRequest: FakeXMLHttpRequest,
    Worker: FakeWorker,
    document: { cookie: "csrftoken=token", querySelector: () => null },
  });
  const navigator = { hardwareConcurrency: 2, onLine: true };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
});

/** @param {Record<string, number>} sizes by path */
function createUploader(sizes) {
  const files = Object.entries(sizes).map(([path, size]) => ({ file: new File([new Uint8Array(size)], path), path }));
  /** @type {string[]} */
  const phases = [];
  const uploader = new Uploader(files, {
    urls: URLS,
    listener: { onItem: () => {}, onPhase: (phase) => phases.push(phase), onWaiting: () => {}, onSignedOut: () => {} },
  });
  return { uploader, phases };
}

/** @param {Uploader} uploader */
const statesOf = (uploader) => Object.fromEntries(uploader.items.map((item) => [item.path, item.state]));

test("large files and a pack are uploaded and completed in one request each", async () => {
  const { uploader, phases } = createUploader({ "video.mp4": 250, "a.wav": 10, "b.wav": 20 });
  assert.equal(await uploader.run(), true);
  assert.deepEqual(uploader.uploads, ["video.mp4", "a.wav+b.wav"]);
  assert.deepEqual(phases, ["hashing", "uploading"]);
  assert.deepEqual(portal.sentParts.sort(), [
    "/uploads/a.wav+b.wav/parts/1",
    "/uploads/video.mp4/parts/1",
    "/uploads/video.mp4/parts/2",
    "/uploads/video.mp4/parts/3",
  ]);
  assert.equal(portal.requests.filter((request) => request === "POST /uploads/complete").length, 1);
  assert.deepEqual(uploader.progress, { done: 280, total: 280 });
});

test("files that the portal has are not sent", async () => {
  portal.blobs.add("sha256 of video.mp4");
  const { uploader } = createUploader({ "video.mp4": 250, "a.wav": 10 });
  assert.equal(await uploader.run(), true);
  assert.deepEqual(statesOf(uploader), { "video.mp4": "stored", "a.wav": "uploaded" });
  const [blob, ...others] = uploader.blobs;
  assert.deepEqual(others, []);
  assert.equal(typeof blob?.mtime_ns, "number");
  assert.deepEqual(
    { ...blob, mtime_ns: 0 },
    { path: "video.mp4", size: 250, sha256: "sha256 of video.mp4", mtime_ns: 0 },
  );
  assert.deepEqual(portal.sentParts, ["/uploads/a.wav/parts/1"]);
});

test("an upload that was interrupted resumes with its missing parts", async () => {
  portal.uploads.set("video.mp4", { size: 250, parts: new Set([1, 3]) });
  const { uploader } = createUploader({ "video.mp4": 250 });
  assert.equal(await uploader.run(), true);
  assert.deepEqual(portal.sentParts, ["/uploads/video.mp4/parts/2"]);
});

test("parts that the server lost are sent again", async () => {
  portal.losses = ["video.mp4"];
  const { uploader } = createUploader({ "video.mp4": 150 });
  assert.equal(await uploader.run(), true);
  assert.deepEqual(portal.sentParts.slice(2), ["/uploads/video.mp4/parts/1"]);
});

test("a refused file fails, the others are uploaded, and a second run sends it again", async () => {
  portal.statusOfPart = (url) => (url.includes("big.mp4") ? 413 : 204);
  const { uploader } = createUploader({ "big.mp4": 90, "video.mp4": 90 });
  assert.equal(await uploader.run(), false);
  assert.deepEqual(statesOf(uploader), { "big.mp4": "failed", "video.mp4": "uploaded" });
  portal.statusOfPart = () => 204;
  assert.equal(await uploader.run(), true);
  assert.deepEqual(uploader.uploads.sort(), ["big.mp4", "video.mp4"]);
  assert.equal(portal.sentParts.filter((url) => url.includes("video.mp4")).length, 1);
});

test("an upload that the server deleted is created again by the next run", async () => {
  portal.statusOfPart = () => 404;
  const { uploader } = createUploader({ "video.mp4": 90 });
  await uploader.run();
  uploader.invalidate();
  portal.statusOfPart = () => 204;
  assert.equal(await uploader.run(), true);
});

test("a file of a pack that cannot be read fails alone, and the others go into another pack", async (context) => {
  const { uploader } = createUploader({ "a.wav": 10, "bad.wav": 10, "c.wav": 10 });
  const bad = /** @type {import("../src/upload/upload-item.js").UploadItem} */ (uploader.items[1]);
  context.mock.method(bad.file, "slice", () => ({
    arrayBuffer: async () => {
      throw new DOMException("", "NotFoundError");
    },
  }));
  portal.statusOfPart = (url) => (url.includes("bad.wav") ? 0 : 204);
  assert.equal(await uploader.run(), false);
  assert.deepEqual(statesOf(uploader), { "a.wav": "uploaded", "bad.wav": "failed", "c.wav": "uploaded" });
  assert.deepEqual(uploader.uploads, ["a.wav+c.wav"]);
});

test("a cancellation deletes the uploads", async () => {
  const { uploader } = createUploader({ "video.mp4": 250 });
  let isCancelled = false;
  portal.statusOfPart = () => {
    if (!isCancelled) queueMicrotask(() => uploader.cancel());
    isCancelled = true;
    return 204;
  };
  await assert.rejects(uploader.run(), { name: "AbortError" });
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(portal.requests.includes("DELETE /uploads/video.mp4"));
});
