import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../src/api.js";
import { PausedError, RETRY_DELAYS } from "../src/upload/retrier.js";
import { createRetrier, flushPromises } from "./support.js";

/** @param {Error[]} failures thrown by the first calls */
function failingAction(...failures) {
  const action = async () => {
    action.calls += 1;
    const failure = failures[action.calls - 1];
    if (failure) throw failure;
    return "done";
  };
  action.calls = 0;
  return action;
}

test("an action that succeeds runs once and reports nothing", async () => {
  const { retrier, reasons } = createRetrier();
  const action = failingAction();
  assert.equal(await retrier.run(action), "done");
  assert.equal(action.calls, 1);
  assert.deepEqual(reasons, []);
});

test("a server error is retried after growing delays, and its message is shown in the meantime", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { retrier, reasons } = createRetrier();
  const error = new ApiError(503, { detail: "The storage is unavailable." });
  const action = failingAction(error, error);
  const result = retrier.run(action);
  await flushPromises();
  context.mock.timers.tick(999);
  await flushPromises();
  assert.equal(action.calls, 1);
  context.mock.timers.tick(1);
  await flushPromises();
  assert.equal(action.calls, 2);
  context.mock.timers.tick(2000);
  assert.equal(await result, "done");
  assert.deepEqual(reasons, ["The storage is unavailable.", "The storage is unavailable.", ""]);
});

test("Retry-After extends the delay", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { retrier } = createRetrier();
  const action = failingAction(new ApiError(429, {}, 5));
  const result = retrier.run(action);
  await flushPromises();
  context.mock.timers.tick(4999);
  await flushPromises();
  assert.equal(action.calls, 1);
  context.mock.timers.tick(1);
  assert.equal(await result, "done");
});

test("the error is thrown after the last delay", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { retrier } = createRetrier();
  const error = new ApiError(0);
  const action = failingAction(...Array(20).fill(error));
  const result = retrier.run(action).catch((/** @type {unknown} */ caught) => caught);
  for (const delay of RETRY_DELAYS) {
    await flushPromises();
    context.mock.timers.tick(delay);
  }
  assert.equal(await result, error);
  assert.equal(action.calls, RETRY_DELAYS.length + 1);
});

for (const error of [new ApiError(413, { code: "over_quota" }), new TypeError("a bug")]) {
  test(`${error.constructor.name} ${error.message} is not retried`, async () => {
    const { retrier } = createRetrier();
    const action = failingAction(error);
    await assert.rejects(retrier.run(action), error);
    assert.equal(action.calls, 1);
  });
}

test("without a network the retry waits until it is back", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { retrier, network, reasons } = createRetrier();
  network.disconnect();
  const action = failingAction(new ApiError(0));
  const result = retrier.run(action);
  await flushPromises();
  context.mock.timers.tick(60_000);
  await flushPromises();
  assert.equal(action.calls, 1);
  assert.match(reasons[0] ?? "", /No connection/);
  network.connect();
  assert.equal(await result, "done");
});

test("a pause holds back actions until the resume", async () => {
  const { retrier } = createRetrier();
  const action = failingAction();
  retrier.pause();
  const result = retrier.run(action);
  await flushPromises();
  assert.equal(action.calls, 0);
  retrier.resume();
  assert.equal(await result, "done");
});

test("an action that a pause interrupted runs again after the resume, and counts as no failure", async () => {
  const { retrier, reasons } = createRetrier();
  const interruptions = Array(RETRY_DELAYS.length + 1).fill(new PausedError());
  const action = failingAction(...interruptions);
  assert.equal(await retrier.run(action), "done");
  assert.deepEqual(reasons, []);
});

test("a sign-out pauses, is reported, and the action runs again after the resume", async () => {
  const { retrier, signOuts } = createRetrier();
  const action = failingAction(new ApiError(401, { code: "signed_out" }));
  const result = retrier.run(action);
  await flushPromises();
  assert.equal(retrier.isPaused, true);
  assert.equal(signOuts.length, 1);
  retrier.resume();
  assert.equal(await result, "done");
});

test("a cancellation ends waits and pauses with an AbortError", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  for (const isPaused of [false, true]) {
    const { retrier } = createRetrier();
    const action = failingAction(new ApiError(503));
    if (isPaused) retrier.pause();
    const result = retrier.run(action);
    await flushPromises();
    retrier.cancel();
    await assert.rejects(result, { name: "AbortError" });
  }
});

test("a cancellation without a network ends the wait for it", async () => {
  const { retrier, network } = createRetrier();
  network.disconnect();
  const result = retrier.run(failingAction(new ApiError(0)));
  await flushPromises();
  retrier.cancel();
  await assert.rejects(result, { name: "AbortError" });
});
