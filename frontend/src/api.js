// Client of the portal's API: JSON requests, problem documents (RFC 9457) as errors.
import { gettext } from "./i18n.js";

const UNEXPECTED = gettext("The portal sent an unexpected response. Try again in a moment.");
const PROXY_LIMIT = gettext(
  "A proxy in front of the portal refuses requests of this size (413). Its operator has to raise the limit: client_max_body_size in nginx, LimitRequestBody in Apache.",
);
const UNREACHABLE = gettext("The portal cannot be reached. Check your connection.");
const SIGNED_OUT = gettext("You are signed out. Sign in again, then resume.");

/** Placeholder for a code in the addresses that a page receives from the server. */
const NIL_CODE = "00000000-0000-0000-0000-000000000000";

/** Body of an error response. Members besides these depend on the code, such as `current` of a conflict. */
/** @typedef {{code?: string, detail?: string, [member: string]: any}} Problem */

/** An error response, or a request without a response. */
export class ApiError extends Error {
  /**
   * @param {number} status HTTP status, 0 where there was no response
   * @param {Problem} [problem]
   * @param {number} [retryAfter] seconds
   */
  constructor(status, problem = {}, retryAfter = 0) {
    super(problem.code === "signed_out" ? SIGNED_OUT : problem.detail || (status === 413 ? PROXY_LIMIT : UNEXPECTED));
    this.status = status;
    this.code = problem.code ?? "";
    this.problem = problem;
    this.retryAfter = retryAfter;
    /** Whether the same request may succeed later. */
    this.isRetryable =
      [0, 408, 429].includes(status) || (status >= 500 && status !== 507) || this.code === "connection_lost";
  }
}

export const unreachable = () => new ApiError(0, { detail: UNREACHABLE });

/** @param {unknown} error */
export const isAbortError = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * Fill in the code, and the number at the end, of an address from the page's settings.
 * @param {string} template
 * @param {string} code
 * @param {number} [number]
 */
export function fillUrl(template, code, number) {
  const url = template.replace(NIL_CODE, code);
  return number === undefined ? url : url.replace(/0$/, String(number));
}

/** Return the CSRF token: the cookie's, which follows a sign-in in another tab, or the page's. */
export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  /** @type {HTMLMetaElement | null} */
  const meta = document.querySelector('meta[name="csrf-token"]');
  return cookie?.[1] ?? meta?.content ?? "";
}

/** @returns {string} a new Idempotency-Key: the server executes a request once per key */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send a request and return the response's JSON, or null where it has none.
 * @param {string} method
 * @param {string} url
 * @param {unknown} [body] sent as JSON
 * @param {{key?: string, signal?: AbortSignal}} [options] key: an Idempotency-Key
 * @returns {Promise<any>}
 */
export async function request(method, url, body, { key, signal } = {}) {
  const headers = new Headers({
    Accept: "application/json",
    "Content-Type": "application/json",
    "X-CSRFToken": csrfToken(),
  });
  if (key) headers.set("Idempotency-Key", key);
  let response;
  try {
    response = await fetch(url, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    throw isAbortError(error) ? error : unreachable();
  }
  if (response.status === 204) return null;
  const json = await response.json().catch(() => null);
  if (response.ok && json !== null) return json;
  throw new ApiError(response.status, json ?? {}, Number(response.headers.get("Retry-After")) || 0);
}
