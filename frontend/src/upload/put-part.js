// Send one part of an upload by PUT, to the portal or to the object store.

import { ApiError, csrfToken, unreachable } from "../api.js";
import { gettext } from "../i18n.js";

const STALL_TIMEOUT = 90_000; // milliseconds without progress

/**
 * Send bytes and report progress, which fetch cannot.
 * @param {string} url
 * @param {Blob} blob
 * @param {object} options
 * @param {Record<string, string>} [options.headers] of a signed address of the object store; none: the portal's own
 * @param {(bytes: number) => void} options.onProgress
 * @param {AbortSignal} options.signal
 * @returns {Promise<void>} rejects with the signal's reason, or an ApiError
 */
export function putPart(url, blob, { headers, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    /** @type {ReturnType<typeof setTimeout>} */
    let stallTimer;
    const restartStallTimer = () => {
      clearTimeout(stallTimer);
      stallTimer = setTimeout(() => {
        reject(unreachable());
        request.abort();
      }, STALL_TIMEOUT);
    };
    const abort = () => request.abort();
    signal.addEventListener("abort", abort, { once: true });
    request.open("PUT", url);
    const usedHeaders = headers ?? { "X-CSRFToken": csrfToken(), "Content-Type": "application/octet-stream" };
    for (const [name, value] of Object.entries(usedHeaders)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      restartStallTimer();
      onProgress(event.loaded);
    };
    request.onload = () => (request.status < 300 ? resolve() : reject(errorOf(request, headers !== undefined)));
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => {
      clearTimeout(stallTimer);
      signal.removeEventListener("abort", abort);
    };
    restartStallTimer();
    request.send(blob);
  });
}

/**
 * @param {XMLHttpRequest} request
 * @param {boolean} isStore
 */
function errorOf(request, isStore) {
  if (isStore) {
    const { status } = request;
    const detail = gettext("The storage refused a part of this file (status %(status)s). Try again in a moment.", {
      status,
    });
    return new ApiError(status, { code: "store", detail });
  }
  let problem = {};
  try {
    problem = JSON.parse(request.responseText);
  } catch {
    // an error page of a proxy
  }
  return new ApiError(request.status, problem, Number(request.getResponseHeader("Retry-After")) || 0);
}
