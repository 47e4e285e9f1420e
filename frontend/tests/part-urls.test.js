import assert from "node:assert/strict";
import { test } from "node:test";
import { PartUrls } from "../src/upload/part-urls.js";
import { createItem, createTransfer } from "./support.js";

/** @import { Transfer } from "../src/upload/transfer.js" */

/**
 * @param {Transfer[]} transfers
 * @param {number} [validity] milliseconds
 */
function createUrls(transfers, validity = 30 * 60 * 1000) {
  /** @type {{upload: string, number: number}[][]} */
  const requests = [];
  const urls = new PartUrls({
    transfers,
    partUrl: (code, number) => `/uploads/${code}/parts/${number}`,
    signParts: async (parts) => {
      requests.push(parts);
      const expiresAt = new Date(Date.now() + validity).toISOString();
      return parts.map((part) => ({
        ...part,
        url: `https://store/${part.upload}/${part.number}?${requests.length}`,
        headers: { "x-part": String(part.number) },
        expires_at: expiresAt,
      }));
    },
  });
  return { urls, requests };
}

test("parts that go to the portal need no signature", async () => {
  const transfer = createTransfer("a", [createItem("a", 20)]);
  const { urls, requests } = createUrls([transfer]);
  assert.deepEqual(await urls.get(transfer, 2), { url: "/uploads/a/parts/2" });
  assert.equal(requests.length, 0);
});

test("one request signs the missing parts of this transfer and of those after it", async () => {
  const first = createTransfer("a", [createItem("a", 30)], { isDirect: true, arrived: [2] });
  const second = createTransfer("b", [createItem("b", 20)], { isDirect: true });
  const { urls, requests } = createUrls([first, second]);
  const signed = await Promise.all([urls.get(first, 1), urls.get(first, 3), urls.get(second, 1)]);
  assert.deepEqual(
    signed.map(({ url }) => url),
    ["https://store/a/1?1", "https://store/a/3?1", "https://store/b/1?1"],
  );
  assert.deepEqual(signed[0]?.headers, { "x-part": "1" });
  assert.equal(requests.length, 1);
  assert.equal(requests[0]?.length, 4);
});

test("a request signs at most 200 parts", async () => {
  const transfer = createTransfer("a", [createItem("a", 2500)], { isDirect: true });
  const { urls, requests } = createUrls([transfer]);
  await urls.get(transfer, 1);
  assert.equal(requests[0]?.length, 200);
});

test("an address that was discarded is replaced", async () => {
  const transfer = createTransfer("a", [createItem("a", 10)], { isDirect: true });
  const { urls } = createUrls([transfer]);
  await urls.get(transfer, 1);
  urls.discard(transfer, 1);
  assert.equal((await urls.get(transfer, 1)).url, "https://store/a/1?2");
});

test("an address that expires within five minutes is replaced", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 0 });
  const transfer = createTransfer("a", [createItem("a", 10)], { isDirect: true });
  const { urls } = createUrls([transfer]);
  await urls.get(transfer, 1);
  context.mock.timers.setTime(25 * 60 * 1000);
  assert.equal((await urls.get(transfer, 1)).url, "https://store/a/1?2");
});

test("a failure to sign is thrown, and the next call tries again", async () => {
  const transfer = createTransfer("a", [createItem("a", 10)], { isDirect: true });
  let calls = 0;
  const urls = new PartUrls({
    transfers: [transfer],
    partUrl: () => "",
    signParts: async () => {
      calls += 1;
      throw new Error("unavailable");
    },
  });
  await assert.rejects(urls.get(transfer, 1), /unavailable/);
  await assert.rejects(urls.get(transfer, 1), /unavailable/);
  assert.equal(calls, 2);
});
