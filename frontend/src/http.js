// Talks to the portal's API: JSON both ways, refusals (RFC 9457) as errors with the server's own sentence.
const UNEXPECTED = "The portal did not answer as expected. Try again in a moment.";
const UNREACHABLE = "The portal cannot be reached. Check your connection.";
const SIGNED_OUT = "You are signed out. Sign in again, then go on.";
const SILENCE = 90_000; // milliseconds after which a connection on which nothing moves is given up

export class Refusal extends Error {
  constructor(status, { code = "", detail = "", ...told } = {}, wait = 0) {
    super(code === "signed_out" ? SIGNED_OUT : detail || UNEXPECTED);
    Object.assign(this, { status, code, told, wait });
  }

  // Whether sending the same again may work: a lost connection, a full queue, a server that starts.
  get passes() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500 || this.code === "connection_lost";
  }
}

export const unreachable = () => new Refusal(0, { detail: UNREACHABLE });
export const isCancelled = (error) => error instanceof DOMException && error.name === "AbortError";

// The cookie knows of a person who signed in anew in another tab; the page itself does not.
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? document.querySelector('meta[name="csrf-token"]').content;

// key: an Idempotency-Key, for what must happen once however often it is asked for.
export async function call(method, url, body, { key, signal } = {}) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token() };
  if (key) headers["Idempotency-Key"] = key;
  let response;
  try {
    response = await fetch(url, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    throw isCancelled(error) ? error : unreachable();
  }
  if (response.status === 204) return null;
  const told = await response.json().catch(() => null);
  if (!response.ok || told === null) throw new Refusal(response.status, told ?? {}, Number(response.headers.get("Retry-After")) || 0);
  return told;
}

// Sends bytes and tells how many have gone, which fetch cannot; returns the part's ETag where the answer shows one.
// headers: what a signed address wants; none: the address is the portal's own.
export function put(url, blob, { headers, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => { reject(unreachable()); request.abort(); }, SILENCE);
    };
    const stop = () => request.abort();
    signal.addEventListener("abort", stop, { once: true });
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers ?? { "X-CSRFToken": token(), "Content-Type": "application/octet-stream" })) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => { heard(); onProgress(event.loaded); };
    request.onload = () => (request.status < 300 ? resolve(request.getResponseHeader("ETag") ?? "-") : reject(refusalOf(request, headers !== undefined)));
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    request.onloadend = () => { clearTimeout(silence); signal.removeEventListener("abort", stop); };
    heard();
    request.send(blob);
  });
}

function refusalOf(request, isStore) {
  if (isStore) return new Refusal(request.status, { code: "store", detail: `The storage refused a part of this file (status ${request.status}). Try again in a moment.` });
  let told = {};
  try {
    told = JSON.parse(request.responseText);
  } catch {
    // a proxy's page
  }
  return new Refusal(request.status, told, Number(request.getResponseHeader("Retry-After")) || 0);
}
