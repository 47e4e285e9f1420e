import assert from "node:assert/strict";
import { test } from "node:test";
import { Poller } from "../src/live.js";
import { flushPromises } from "./support.js";

/** @param {number} [seconds] */
const stateOf = (seconds = 10) => ({ jobs: [], session: null, seconds });

/**
 * Return a poller with these responses; the last one repeats.
 * @param {(object | Error)[]} responses
 */
function createPoller(...responses) {
  let signOuts = 0;
  /** @type {string[]} */
  const etags = [];
  /** @type {unknown[]} */
  const states = [];
  const page = { isHidden: false };
  const poller = new Poller({
    fetch: async (etag) => {
      etags.push(etag);
      const response = responses[Math.min(etags.length, responses.length) - 1];
      if (response instanceof Error) throw response;
      return { status: 200, etag: "", state: null, ...response };
    },
    onState: (state) => states.push(state),
    onSignedOut: () => {
      signOuts += 1;
    },
    isHidden: () => page.isHidden,
    random: () => 0,
  });
  return { poller, etags, states, page, countSignOuts: () => signOuts };
}

test("it sends the last ETag, reports new states only, and waits as long as the state demands", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { poller, etags, states } = createPoller({ etag: '"a"', state: stateOf(3) }, { status: 304 });
  poller.start();
  for (const milliseconds of [1000, 2999, 1, 3000]) {
    context.mock.timers.tick(milliseconds);
    await flushPromises();
  }
  assert.deepEqual(etags, ["", '"a"', '"a"']);
  assert.deepEqual(states, [stateOf(3)]);
});

test("a hidden page asks every 10 seconds while a job runs, for its title", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const running = { ...stateOf(3), jobs: [{ finished_at: null }] };
  const { poller, etags, page } = createPoller({ state: running }, { state: running }, { state: stateOf() });
  poller.start();
  context.mock.timers.tick(1000);
  await flushPromises();
  page.isHidden = true;
  for (const milliseconds of [3000, 9999, 1, 100_000]) {
    context.mock.timers.tick(milliseconds);
    await flushPromises();
  }
  assert.equal(etags.length, 3);
});

test("a hidden page asks nothing until it is shown", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { poller, etags, page } = createPoller({ state: stateOf() });
  page.isHidden = true;
  poller.start();
  context.mock.timers.tick(1000);
  await flushPromises();
  context.mock.timers.tick(100_000);
  await flushPromises();
  assert.equal(etags.length, 0);
  page.isHidden = false;
  poller.check();
  await flushPromises();
  assert.equal(etags.length, 1);
});

test("errors make the intervals longer, up to a minute", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { poller, etags } = createPoller(new TypeError("offline"), { status: 503 }, { status: 500 }, { status: 502 });
  poller.start();
  for (const seconds of [1, 20, 40, 60, 60]) {
    context.mock.timers.tick(seconds * 1000 - 1);
    await flushPromises();
    const before = etags.length;
    context.mock.timers.tick(1);
    await flushPromises();
    assert.equal(etags.length, before + 1);
  }
});

test("it stops when the user is signed out, and reports it once", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { poller, etags, countSignOuts } = createPoller({ status: 401 });
  poller.start();
  context.mock.timers.tick(1000);
  await flushPromises();
  poller.check();
  context.mock.timers.tick(100_000);
  await flushPromises();
  assert.equal(etags.length, 1);
  assert.equal(countSignOuts(), 1);
});

test("a page on which nothing changes asks less often, until it is used again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { poller, etags } = createPoller({ etag: '"a"', state: stateOf() }, { status: 304 });
  poller.start();
  /** @param {number} seconds */
  const pass = async (seconds) => {
    const before = etags.length;
    context.mock.timers.tick(1000 * seconds - 1);
    await flushPromises();
    assert.equal(etags.length, before);
    context.mock.timers.tick(1);
    await flushPromises();
    assert.equal(etags.length, before + 1);
  };
  await pass(1);
  for (let poll = 0; poll < 6; poll++) await pass(10);
  for (let poll = 6; poll < 24; poll++) await pass(20);
  await pass(30);

  const before = etags.length;
  poller.wake();
  await flushPromises();
  assert.equal(etags.length, before + 1);
  poller.wake();
  await flushPromises();
  assert.equal(etags.length, before + 1);
  await pass(10);
});

test("a check during a request asks again after it", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { poller, etags } = createPoller({ state: stateOf() });
  poller.start();
  context.mock.timers.tick(1000);
  poller.check();
  poller.check();
  await flushPromises();
  assert.equal(etags.length, 2);
});
