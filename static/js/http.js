// Talks to the portal: JSON both ways, refusals as errors with the server's own sentence.
const UNEXPECTED = "The portal did not answer as expected. Try again in a moment.";
const STALE = "You signed in anew meanwhile. Reload this page, then go on.";

export class Refusal extends Error {
  constructor(status, { code = "", message = "", ...rest } = {}) {
    super(message || (status === 403 ? STALE : UNEXPECTED));
    this.status = status;
    this.code = code;
    this.told = rest;
  }

  // Whether sending the same again may work: a lost connection, a full queue, a server that starts.
  get passes() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export const token = () => document.querySelector('meta[name="csrf-token"]').content;

export async function call(method, url, body) {
  let response;
  try {
    response = await fetch(url, {
      method,
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token() },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal(0, { message: "The portal cannot be reached. Check your connection." });
  }
  if (response.status === 204) return null;
  const told = await response.json().catch(() => null);
  if (!response.ok || told === null) throw new Refusal(response.status, told ?? {});
  return told;
}

// Sends bytes and tells how many have gone; fetch cannot tell that.
export function put(url, blob, { onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    signal.addEventListener("abort", stop, { once: true });
    request.open("PUT", url);
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => (request.status < 300 ? resolve(request.response) : reject(new Refusal(request.status, request.response ?? {})));
    request.onerror = () => reject(new Refusal(0, { message: "The connection broke, or the file was changed or moved meanwhile." }));
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    request.onloadend = () => signal.removeEventListener("abort", stop);
    request.send(blob);
  });
}
