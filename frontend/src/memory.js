// Remembers for a while what large files hash to, so that who refreshes the page in the middle of an upload waits for no second reading.
//
// It holds no names: a file is known again by a hash of its path, size, time and some of its bytes (hashing.js), so whoever looks
// here learns nothing of files that they do not have. Signing out empties it. Nobody has to believe it: the server hashes what arrives.
const NAME = "digests";
const KEPT = 7 * 24 * 60 * 60 * 1000; // milliseconds
const MOST = 5000; // files

let opened = null;

// Where a browser keeps nothing, in a private window or on a full disk, files are read again: no answer is an answer.
async function ask(mode, request) {
  try {
    opened ??= open();
    const transaction = (await opened).transaction(NAME, mode);
    const asked = request(transaction.objectStore(NAME));
    await over(transaction); // a worker that is ended before takes along what it has just put
    return asked.result;
  } catch {
    return undefined;
  }
}

export const recall = async (mark) => (await ask("readonly", (files) => files.get(mark)))?.sha256;
export const remember = (mark, sha256) => ask("readwrite", (files) => files.put({ mark, sha256, at: Date.now() }));
export const forget = async (marks) => { if (marks.length) await ask("readwrite", (files) => marks.map((mark) => files.delete(mark)).at(-1)); };

export function forgetAll() {
  try {
    indexedDB.deleteDatabase(NAME);
  } catch {
    // it keeps nothing
  }
}

async function open() {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(NAME, { keyPath: "mark" }).createIndex("at", "at");
  const database = await settled(asked);
  // Somebody signed out in another tab: this one remembers nothing from now on.
  database.onversionchange = () => database.close();
  const files = database.transaction(NAME, "readwrite").objectStore(NAME);
  let surplus = (await settled(files.count())) - MOST;
  const oldest = files.index("at").openCursor();
  oldest.onsuccess = () => {
    const found = oldest.result;
    if (!found || (surplus <= 0 && found.value.at > Date.now() - KEPT)) return;
    surplus -= 1;
    found.delete();
    found.continue();
  };
  return database;
}

function over(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
