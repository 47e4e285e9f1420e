import assert from "node:assert/strict";
import { test } from "node:test";
import { RegionRefresher } from "../src/region-refresher.js";
import { flushPromises } from "./support.js";

/** A page whose regions are free unless they are in `used`. */
class Page {
  used = new Set();
  isDown = false;
  isHidden = false;
  /** @type {string[][]} */
  loads = [];
  regions = new RegionRefresher({
    refresh: async (names) => {
      this.loads.push(names);
      const postponed = this.isDown ? names : names.filter((name) => this.used.has(name));
      return { remaining: postponed, postponed, isLoaded: !this.isDown };
    },
    isFree: (name) => !this.used.has(name),
    isHidden: () => this.isHidden,
  });
}

/**
 * @param {import("node:test").TestContext} context
 * @param {number[]} times milliseconds
 */
async function pass({ mock }, ...times) {
  for (const milliseconds of times) {
    mock.timers.tick(milliseconds);
    await flushPromises();
  }
}

test("a region in use is replaced when it is free, and the page is not loaded before", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const page = new Page();
  page.used.add("matrix");
  assert.deepEqual(await page.regions.refresh(["matrix", "about"]), ["matrix"]);
  await pass(context, 3000, 3000, 3000);
  assert.equal(page.loads.length, 1);
  page.used.clear();
  await pass(context, 3000, 60_000);
  assert.deepEqual(page.loads, [["matrix", "about"], ["matrix"]]);
});

test("a page that cannot be loaded is tried again after longer and longer pauses", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const page = new Page();
  page.isDown = true;
  await page.regions.refresh(["about"]);
  await pass(context, 5999);
  assert.equal(page.loads.length, 1);
  await pass(context, 1, 11_999);
  assert.equal(page.loads.length, 2);
  await pass(context, 1);
  assert.equal(page.loads.length, 3);
  page.isDown = false;
  await pass(context, 24_000, 60_000, 60_000);
  assert.equal(page.loads.length, 4);
});

test("a hidden page is not loaded again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const page = new Page();
  page.used.add("about");
  await page.regions.refresh(["about"]);
  page.used.clear();
  page.isHidden = true;
  await pass(context, 3000, 3000);
  assert.equal(page.loads.length, 1);
  page.isHidden = false;
  await pass(context, 3000);
  assert.equal(page.loads.length, 2);
});

test("a region of an older version does not follow a new one", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const page = new Page();
  page.used.add("matrix");
  await page.regions.refresh(["matrix"]);
  await page.regions.refresh(["versions"], { isOnly: true });
  page.used.clear();
  await pass(context, 3000, 60_000);
  assert.deepEqual(page.loads, [["matrix"], ["versions"]]);
});

test("refreshes run one after another", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {(() => void)[]} */
  const loads = [];
  const regions = new RegionRefresher({
    refresh: () =>
      new Promise((resolve) => loads.push(() => resolve({ remaining: [], postponed: [], isLoaded: true }))),
    isFree: () => true,
    isHidden: () => false,
  });
  const both = [regions.refresh(["about"]), regions.refresh(["about"])];
  await pass(context, 0);
  assert.equal(loads.length, 1);
  loads[0]?.();
  await pass(context, 0);
  assert.equal(loads.length, 2);
  loads[1]?.();
  assert.deepEqual(await Promise.all(both), [[], []]);
});
