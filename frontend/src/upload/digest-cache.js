// Cache of the digests of large files, in IndexedDB: a refresh during an upload does not hash them again.
//
// Keys are digests too (cacheKeyOf in hash-worker.js), so the cache contains no names. It is deleted at sign-out. Nothing
// trusts it: the server hashes every file that is sent.
const DATABASE = "file-digests";
const STORE = "digests";
const MAX_AGE = 7 * 24 * 60 * 60 * 1000; // milliseconds
const MAX_ENTRIES = 5000;

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @param {string} key */
export async function getDigest(key) {
  /** @type {{sha256: string} | undefined} */
  const entry = await execute("readonly", (store) => store.get(key));
  return entry?.sha256;
}

/**
 * @param {string} key
 * @param {string} sha256
 */
export async function putDigest(key, sha256) {
  await execute("readwrite", (store) => store.put({ key, sha256, savedAt: Date.now() }));
}

/** @param {string[]} keys */
export async function deleteDigests(keys) {
  if (!keys.length) return;
  await execute("readwrite", (store) => keys.map((key) => store.delete(key)).at(-1));
}

export function clearDigests() {
  try {
    indexedDB.deleteDatabase(DATABASE);
  } catch {
    // this browser stores nothing
  }
}

/**
 * Execute requests in one transaction and return the result of the last one.
 *
 * Returns undefined where the browser stores nothing, as in a private window or on a full disk: files are hashed again.
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest | undefined} makeRequest
 */
async function execute(mode, makeRequest) {
  try {
    opened ??= open();
    const transaction = (await opened).transaction(STORE, mode);
    const request = makeRequest(transaction.objectStore(STORE));
    await committed(transaction); // a worker that is terminated earlier loses what it put
    return request?.result;
  } catch {
    return undefined;
  }
}

async function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE, { keyPath: "key" }).createIndex("savedAt", "savedAt");
  };
  const database = await resultOf(request);
  // A sign-out in another tab deletes the database; this tab caches nothing from then on.
  database.onversionchange = () => database.close();
  await removeOld(database.transaction(STORE, "readwrite").objectStore(STORE));
  return database;
}

/** @param {IDBObjectStore} store */
async function removeOld(store) {
  let surplus = (await resultOf(store.count())) - MAX_ENTRIES;
  const oldest = store.index("savedAt").openCursor();
  oldest.onsuccess = () => {
    const cursor = oldest.result;
    if (!cursor || (surplus <= 0 && cursor.value.savedAt > Date.now() - MAX_AGE)) return;
    surplus -= 1;
    cursor.delete();
    cursor.continue();
  };
}

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
