import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../src/api.js";
import { PartQueue, UnreadableError } from "../src/upload/part-queue.js";
import { createItem, createRetrier, createTransfer, flushPromises } from "./support.js";

/** @import { Transfer } from "../src/upload/transfer.js" */

/**
 * Requests that a test ends.
 * @typedef {{url: string, size: number, signal: AbortSignal, progress: (bytes: number) => void,
 *   succeed: () => void, fail: (error: Error) => void}} Request
 */

class FakePut {
  /** @type {Request[]} */
  pending = [];
  /** @type {string[]} */
  urls = [];

  /** @type {typeof import("../src/upload/put-part.js").putPart} */
  put = (url, blob, { signal, onProgress }) =>
    new Promise((resolve, reject) => {
      this.urls.push(url);
      const end = () => this.pending.splice(this.pending.indexOf(request), 1);
      /** @type {Request} */
      const request = {
        url,
        size: blob.size,
        signal,
        progress: onProgress,
        succeed: () => {
          end();
          resolve();
        },
        fail: (error) => {
          end();
          reject(error);
        },
      };
      signal.addEventListener("abort", () => request.fail(signal.reason));
      this.pending.push(request);
    });

  /** End requests until there are none. @param {(request: Request) => void} [end] */
  async drain(end = (request) => request.succeed()) {
    await flushPromises();
    while (this.pending.length) {
      for (const request of [...this.pending]) end(request);
      await flushPromises();
    }
  }
}

/** @param {Transfer[]} transfers */
function createQueue(transfers) {
  const { put, ...rest } = { put: new FakePut(), ...createRetrier() };
  /** @type {{transfer: Transfer, error: ApiError | UnreadableError}[]} */
  const failures = [];
  /** @type {string[]} */
  const discarded = [];
  const urls = /** @type {import("../src/upload/part-urls.js").PartUrls} */ (
    /** @type {unknown} */ ({
      get: async (/** @type {Transfer} */ { code }, /** @type {number} */ number) => ({ url: `${code}/${number}` }),
      discard: (/** @type {Transfer} */ { code }, /** @type {number} */ number) => discarded.push(`${code}/${number}`),
    })
  );
  const queue = new PartQueue({
    retrier: rest.retrier,
    urls,
    onConnected: () => {},
    onProgress: () => {},
    onFailed: (transfer, error) => failures.push({ transfer, error }),
    put: put.put,
  });
  return { queue, put, failures, discarded, ...rest, run: () => queue.run(transfers) };
}

test("all missing parts are sent, at most four at a time, in order", async () => {
  const first = createTransfer("a", [createItem("a", 45)], { arrived: [2] });
  const second = createTransfer("b", [createItem("b", 25)]);
  const { put, run } = createQueue([first, second]);
  const done = run();
  await flushPromises();
  assert.deepEqual(put.urls, ["a/1", "a/3", "a/4", "a/5"]);
  await put.drain();
  await done;
  assert.deepEqual(put.urls.slice(4), ["b/1", "b/2", "b/3"]);
  assert.ok(first.isUploaded && second.isUploaded);
});

test("progress counts parts that arrived and bytes in flight", async () => {
  const transfer = createTransfer("a", [createItem("a", 25)]);
  const { put, run } = createQueue([transfer]);
  const done = run();
  await flushPromises();
  put.pending[0]?.progress(4);
  put.pending[2]?.progress(99);
  assert.equal(transfer.sentBytes, 4 + 5);
  await put.drain();
  await done;
  assert.equal(transfer.sentBytes, 25);
});

test("a pause aborts requests in flight; after the resume only their parts are sent again", async () => {
  const transfer = createTransfer("a", [createItem("a", 30)]);
  const { queue, put, retrier, run } = createQueue([transfer]);
  const done = run();
  await flushPromises();
  put.pending[0]?.succeed();
  await flushPromises();
  put.pending[0]?.progress(7);
  retrier.pause();
  queue.interrupt();
  await flushPromises();
  assert.equal(put.pending.length, 0);
  assert.equal(transfer.sentBytes, 10);
  retrier.resume();
  await put.drain();
  await done;
  assert.deepEqual(put.urls, ["a/1", "a/2", "a/3", "a/2", "a/3"]);
});

test("a transfer that is refused fails once, stops its other parts, and the rest is sent", async () => {
  const refused = createTransfer("a", [createItem("a", 60)]);
  const accepted = createTransfer("b", [createItem("b", 10)]);
  const { put, failures, run } = createQueue([refused, accepted]);
  const done = run();
  await flushPromises();
  const error = new ApiError(413, { code: "over_quota", detail: "The storage is full." });
  put.pending[0]?.fail(error);
  await put.drain();
  await done;
  assert.deepEqual(failures, [{ transfer: refused, error }]);
  assert.deepEqual(put.urls, ["a/1", "a/2", "a/3", "a/4", "b/1"]);
  assert.ok(accepted.isUploaded);
});

test("a part that fails for a moment is sent again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const transfer = createTransfer("a", [createItem("a", 10)]);
  const { put, failures, run } = createQueue([transfer]);
  const done = run();
  await flushPromises();
  put.pending[0]?.fail(new ApiError(503));
  await flushPromises();
  context.mock.timers.tick(1000);
  await put.drain();
  await done;
  assert.deepEqual(failures, []);
  assert.ok(transfer.isUploaded);
});

test("an address that the store refuses is discarded and the part is sent again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const transfer = createTransfer("a", [createItem("a", 10)], { isDirect: true });
  const { put, discarded, run } = createQueue([transfer]);
  const done = run();
  await flushPromises();
  put.pending[0]?.fail(new ApiError(403, { code: "store" }));
  await flushPromises();
  context.mock.timers.tick(1000);
  await put.drain();
  await done;
  assert.deepEqual(discarded, ["a/1"]);
});

test("an upload that the server has deleted is reset, so that it is created again", async () => {
  const transfer = createTransfer("a", [createItem("a", 20)]);
  const { put, failures, run } = createQueue([transfer]);
  const done = run();
  await flushPromises();
  put.pending[0]?.fail(new ApiError(404, { code: "not_found" }));
  await put.drain();
  await done;
  assert.equal(failures.length, 1);
  assert.equal(transfer.code, "");
});

test("a lost connection is an unreadable file where a file of the transfer cannot be read", async (context) => {
  const [good, bad] = [createItem("good", 10), createItem("bad", 10)];
  context.mock.method(bad.file, "slice", () => ({
    arrayBuffer: async () => {
      throw new DOMException("", "NotFoundError");
    },
  }));
  const transfer = createTransfer("a", [good, bad], { partSize: 100 });
  const { put, failures, run } = createQueue([transfer]);
  const done = run();
  await flushPromises();
  put.pending[0]?.fail(new ApiError(0));
  await done;
  const error = failures[0]?.error;
  assert.ok(error instanceof UnreadableError);
  assert.deepEqual([...error.reasons.keys()], [bad]);
  assert.match(error.message, /moved, renamed or deleted/);
});

test("a cancellation aborts everything and rejects with an AbortError", async () => {
  const transfer = createTransfer("a", [createItem("a", 90)]);
  const { queue, put, retrier, failures, run } = createQueue([transfer]);
  const done = run();
  await flushPromises();
  retrier.cancel();
  queue.cancel();
  await assert.rejects(done, { name: "AbortError" });
  assert.equal(put.pending.length, 0);
  assert.deepEqual(failures, []);
});
