import assert from "node:assert/strict";
import { test } from "node:test";
import { batches, planRequests, planTransfers } from "../src/upload/plan.js";
import { Transfer } from "../src/upload/transfer.js";
import { createItem } from "./support.js";

const LIMITS = { partSize: 100, packFileSize: 50 };

/** @param {Transfer[]} transfers */
const pathsOf = (transfers) => transfers.map((transfer) => transfer.items.map((item) => item.path));

test("batches have at most the given size", () => {
  assert.deepEqual(batches([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  assert.deepEqual(batches([], 2), []);
});

test("large files are uploads of their own, small ones share packs of at most a part", () => {
  const items = [
    createItem("d", 49),
    createItem("large", 50),
    createItem("a", 49),
    createItem("b", 2),
    createItem("c", 1),
  ];
  assert.deepEqual(pathsOf(planTransfers(items, LIMITS)), [["large"], ["a", "b", "c"], ["d"]]);
});

test("the same files make the same packs in whatever order they were chosen", () => {
  const items = Array.from({ length: 30 }, (_, index) => createItem(`segment-${index}`, 40));
  assert.deepEqual(pathsOf(planTransfers(items, LIMITS)), pathsOf(planTransfers([...items].reverse(), LIMITS)));
});

test("a pack has at most 2000 files", () => {
  const items = Array.from({ length: 2001 }, (_, index) => createItem(`${index}`, 0));
  assert.deepEqual(
    planTransfers(items, LIMITS).map((transfer) => transfer.items.length),
    [2000, 1],
  );
});

test("requests have at most 500 uploads and 4000 files", () => {
  const single = Array.from({ length: 501 }, (_, index) => new Transfer([createItem(`${index}`, 1)]));
  assert.deepEqual(
    planRequests(single).map((request) => request.length),
    [500, 1],
  );
  const files = Array.from({ length: 1500 }, (_, index) => createItem(`${index}`, 1));
  const packs = [1, 2, 3].map(() => new Transfer(files));
  assert.deepEqual(
    planRequests(packs).map((request) => request.length),
    [2, 1],
  );
});
