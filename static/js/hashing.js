// A worker: computes SHA-256 of files, slice by slice, while the page stays quick.
import { createSHA256 } from "../vendor/sha256.min.js";

const SLICE = 4 * 1024 * 1024; // bytes held at once, twice

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
    for (const [at, { id, file }] of data.files.entries()) await hash(id, file, firsts[at]);
    postMessage({ idle: true });
  }
});

async function hash(id, file, first) {
  const hasher = await ready;
  hasher.init();
  try {
    let next = first;
    for (let start = 0; start < file.size; start += SLICE) {
      const slice = await next;
      next = read(file, start + SLICE);
      hasher.update(new Uint8Array(slice));
      if (start + SLICE < file.size) postMessage({ id, read: start + SLICE });
      await gate;
    }
    postMessage({ id, sha256: hasher.digest() });
  } catch (error) {
    postMessage({ id, error: error.name });
  }
}

// Begun before the slice before it is hashed; its failure is told when it is waited for.
function read(file, start) {
  const slice = start < file.size ? file.slice(start, start + SLICE).arrayBuffer() : Promise.resolve(null);
  slice.catch(() => {});
  return slice;
}
