import assert from "node:assert/strict";
import { test } from "node:test";
import { Transfer } from "../src/upload/transfer.js";
import { createItem, createTransfer } from "./support.js";

test("one file is described as a file, several as a pack", () => {
  const file = { path: "a", size: 1, sha256: "digest of a" };
  assert.deepEqual(new Transfer([createItem("a", 1)]).description, file);
  const other = { path: "b", size: 2, sha256: "digest of b" };
  assert.deepEqual(new Transfer([createItem("a", 1), createItem("b", 2)]).description, { files: [file, other] });
});

test("parts have equal sizes, except the last one, and run across the files of a pack", async () => {
  const transfer = createTransfer("x", [createItem("a", 7), createItem("b", 16)]);
  const sizes = [1, 2, 3].map((number) => transfer.part(number).size);
  assert.deepEqual(sizes, [10, 10, 3]);
});

test("parts that arrived before count as sent and are not missing", () => {
  const transfer = createTransfer("x", [createItem("a", 25)], { arrived: [1, 2] });
  assert.deepEqual(transfer.missingParts, [3]);
  assert.equal(transfer.sentBytes, 20);
  transfer.markArrived(3);
  transfer.markArrived(3);
  assert.equal(transfer.sentBytes, 25);
  assert.ok(transfer.isUploaded);
});

test("lost parts are missing again", () => {
  const transfer = createTransfer("x", [createItem("a", 25)], { arrived: [1, 2] });
  transfer.markArrived(3);
  transfer.markLost([3, 3]);
  assert.deepEqual(transfer.missingParts, [3]);
  assert.equal(transfer.sentBytes, 20);
});

test("an empty file is uploaded as soon as the server knows it", () => {
  const transfer = new Transfer([createItem("empty", 0)]);
  assert.equal(transfer.isUploaded, false);
  assert.equal(createTransfer("x", [createItem("empty", 0)]).isUploaded, true);
});
