// A worker: computes SHA-256 of files, slice by slice, while the page stays quick.
import { createSHA256 } from "hash-wasm";
import { recall, remember } from "./memory.js";

const SLICE = 4 * 1024 * 1024; // bytes held at once, twice; larger files are remembered
const SAMPLE = 64 * 1024; // bytes

const ready = createSHA256();
let open = null;
let gate = Promise.resolve();

addEventListener("message", async ({ data }) => {
  if (data.pause === true) {
    gate = open ? gate : new Promise((resolve) => { open = resolve; });
  } else if (data.pause === false) {
    open?.();
    open = null;
  } else {
    // Small files come many at a time, and all are being read before the first is hashed: each read is a round trip.
    const firsts = data.files.map(({ file }) => read(file, 0));
    for (const [at, { id, file, path }] of data.files.entries()) await hash(id, file, path, firsts[at]);
    postMessage({ idle: true });
  }
});

async function hash(id, file, path, first) {
  const hasher = await ready;
  try {
    const mark = file.size > SLICE ? await markOf(hasher, file, path) : "";
    const before = mark && (await recall(mark));
    if (before) return postMessage({ id, sha256: before, mark });
    hasher.init();
    let next = first;
    for (let start = 0; start < file.size; start += SLICE) {
      const slice = await next;
      next = read(file, start + SLICE);
      hasher.update(new Uint8Array(slice));
      if (start + SLICE < file.size) postMessage({ id, read: start + SLICE });
      await gate;
    }
    const sha256 = hasher.digest();
    if (mark) await remember(mark, sha256);
    return postMessage({ id, sha256, mark });
  } catch (error) {
    return postMessage({ id, error: error.name });
  }
}

// By what a file is known again. Tools that give every file the same time are common, and takes of one length, too: so a little is read.
async function markOf(hasher, file, path) {
  hasher.init();
  hasher.update(JSON.stringify([path, file.size, file.lastModified]));
  for (const start of [0, Math.floor(file.size / 2), file.size - SAMPLE]) hasher.update(new Uint8Array(await file.slice(start, start + SAMPLE).arrayBuffer()));
  return hasher.digest();
}

// Begun before the slice before it is hashed; its failure is told when it is waited for.
function read(file, start) {
  const slice = start < file.size ? file.slice(start, start + SLICE).arrayBuffer() : Promise.resolve(null);
  slice.catch(() => {});
  return slice;
}
