// What travels as one upload: a large file by itself, small ones together. Each is cut into parts that arrive one by one.

export class Transfer {
  constructor(items) {
    this.items = items;
    this.size = items.reduce((sum, item) => sum + item.size, 0);
    this.forget();
  }

  // As the server is to hear of it.
  get announcement() {
    const files = this.items.map(({ path, size, sha256 }) => ({ path, size, sha256 }));
    return files.length === 1 ? files[0] : { files };
  }

  get blob() {
    return this.items.length === 1 ? this.items[0].file : new Blob(this.items.map((item) => item.file));
  }

  get isSent() {
    return this.isComplete || (this.code !== "" && this.parts.size === this.partCount) || (this.code !== "" && this.size === 0);
  }

  get missing() {
    return Array.from({ length: this.partCount }, (_, at) => at + 1).filter((number) => !this.parts.has(number));
  }

  // The server knows the upload, and what of it has arrived.
  open({ code, state, direct, part_size: partSize, part_count: partCount, parts }) {
    Object.assign(this, { code, isDirect: direct, partSize, partCount, isComplete: state === "received" });
    this.parts = new Map(parts.map(({ number, etag }) => [number, etag]));
    this.sent = this.isComplete ? this.size : parts.reduce((sum, part) => sum + part.size, 0);
  }

  lose(numbers) {
    for (const number of numbers) this.parts.delete(number);
    this.sent = [...this.parts.keys()].reduce((sum, number) => sum + Math.min(this.partSize, this.size - (number - 1) * this.partSize), 0);
  }

  // The server knows it no more.
  forget() {
    Object.assign(this, { code: "", isDirect: false, isComplete: false, partSize: 0, partCount: 0, parts: new Map(), sent: 0 });
  }
}

// Puts small files together, in the order of their paths: the same files make the same packs after a refresh.
export function transfersOf(items, { partSize, packFileSize, packFiles }) {
  const byPath = [...items].sort((a, b) => (a.path < b.path ? -1 : 1));
  const small = byPath.filter((item) => item.size < packFileSize);
  const packs = [];
  let bytes = 0;
  for (const item of small) {
    const pack = packs.at(-1);
    if (pack && pack.length < packFiles && bytes + item.size <= partSize) {
      pack.push(item);
      bytes += item.size;
    } else {
      packs.push([item]);
      bytes = item.size;
    }
  }
  const large = byPath.filter((item) => item.size >= packFileSize).map((item) => [item]);
  return [...large, ...packs].map((each) => new Transfer(each));
}
