import assert from "node:assert/strict";
import { test } from "node:test";
import { HashPool, takeBatch } from "../src/upload/hash-pool.js";
import { createItem } from "./support.js";

const MIB = 1024 * 1024;

test("a batch is one large file, or small ones of at most 4 MiB", () => {
  const queue = [9 * MIB, 3 * MIB, MIB, 1].map((size) => ({ size }));
  assert.deepEqual(takeBatch(queue), [{ size: 9 * MIB }]);
  assert.deepEqual(takeBatch(queue), [{ size: 3 * MIB }, { size: MIB }]);
  assert.deepEqual(takeBatch(queue), [{ size: 1 }]);
  assert.deepEqual(takeBatch(queue), []);
});

test("a batch has at most 64 files", () => {
  const queue = Array.from({ length: 65 }, () => ({ size: 1 }));
  assert.equal(takeBatch(queue).length, 64);
  assert.equal(queue.length, 1);
});

/** A worker that "hashes" a file to its name, or fails for files named bad. */
class FakeWorker extends EventTarget {
  /** @type {FakeWorker[]} */
  static all = [];
  isTerminated = false;
  /** @type {string[]} */
  paths = [];

  constructor() {
    super();
    FakeWorker.all.push(this);
  }

  /** @param {{files?: {path: string}[]}} message */
  postMessage({ files }) {
    if (!files) return;
    queueMicrotask(() => {
      for (const [index, { path }] of files.entries()) {
        this.paths.push(path);
        this.#send(path === "bad" ? { index, error: "NotFoundError" } : { index, sha256: `sha256 of ${path}` });
      }
      this.#send({});
    });
  }

  /** @param {object} data */
  #send(data) {
    if (!this.isTerminated) this.dispatchEvent(new MessageEvent("message", { data }));
  }

  terminate() {
    this.isTerminated = true;
  }
}

/** @param {import("node:test").TestContext} context */
function installWorkers(context) {
  const original = globalThis.Worker;
  const navigatorDescriptor = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  FakeWorker.all = [];
  Object.assign(globalThis, { Worker: FakeWorker });
  Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: 8 }, configurable: true });
  context.after(() => {
    Object.assign(globalThis, { Worker: original });
    if (navigatorDescriptor) Object.defineProperty(globalThis, "navigator", navigatorDescriptor);
    else Reflect.deleteProperty(globalThis, "navigator");
  });
}

test("all files are hashed, the largest first, and the workers end", async (context) => {
  installWorkers(context);
  const items = Array.from({ length: 200 }, (_, index) => {
    const item = createItem(`${index}`, index);
    item.sha256 = "";
    return item;
  });
  const pool = new HashPool("worker.js", { onItem: () => {} });
  await pool.hash(items);
  assert.ok(items.every((item) => item.sha256 === `sha256 of ${item.path}` && item.hashedBytes === item.size));
  assert.equal(FakeWorker.all.length, 4);
  assert.equal(FakeWorker.all[0]?.paths[0], "199");
  assert.ok(FakeWorker.all.every((worker) => worker.isTerminated));
});

test("a file that cannot be read gets a message, and the others their digests", async (context) => {
  installWorkers(context);
  const [bad, good] = [createItem("bad", 1), createItem("good", 1)];
  bad.sha256 = good.sha256 = "";
  await new HashPool("worker.js", { onItem: () => {} }).hash([bad, good]);
  assert.match(bad.error, /moved, renamed or deleted/);
  assert.equal(good.sha256, "sha256 of good");
});

test("a file that was hashed for another choice needs no worker", async (context) => {
  installWorkers(context);
  const item = createItem("a", 1);
  item.sha256 = "";
  const pool = new HashPool("worker.js", { onItem: () => {} });
  await pool.hash([item]);
  const count = FakeWorker.all.length;
  item.sha256 = "";
  await pool.hash([item]);
  assert.equal(item.sha256, "sha256 of a");
  assert.equal(FakeWorker.all.length, count);
});

test("a cancellation rejects with an AbortError", async (context) => {
  installWorkers(context);
  const item = createItem("a", 1);
  item.sha256 = "";
  const pool = new HashPool("worker.js", { onItem: () => {} });
  const done = pool.hash([item]);
  pool.cancel();
  await assert.rejects(done, { name: "AbortError" });
});
