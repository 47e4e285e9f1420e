// The page that documents the API: send requests with the account of the user, and open what a link names.
import { csrfToken } from "../api.js";
import { create, find } from "../dom.js";
import { gettext } from "../i18n.js";

const TEXT = /json|text|subrip/;

/** Open the operation or type that the address names. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(target instanceof HTMLDetailsElement)) return;
  target.open = true;
  target.scrollIntoView();
}

/**
 * Return the address and headers that the fields of a form describe.
 * @param {HTMLFormElement} form
 */
function readRequest(form) {
  let path = form.dataset.path ?? "";
  const query = new URLSearchParams();
  const headers = new Headers();
  /** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */
  const fields = form.querySelectorAll("[data-place]");
  for (const { name, value, dataset } of fields) {
    if (!value) continue;
    const values = dataset.list === undefined ? [value] : value.split(",").map((each) => each.trim());
    if (dataset.place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value).replaceAll("%2F", "/"));
    else if (dataset.place === "header") headers.set(name, value);
    else for (const each of values) query.append(name, each);
  }
  return { url: query.size > 0 ? `${path}?${query}` : path, headers };
}

/**
 * @param {HTMLFormElement} form
 * @param {Headers} headers
 * @returns {BodyInit | undefined}
 */
function readBody(form, headers) {
  const text = form.querySelector("[data-body]");
  const file = form.querySelector("[data-body-file]");
  if (text instanceof HTMLTextAreaElement && text.value.trim()) {
    headers.set("Content-Type", "application/json");
    return text.value;
  }
  if (file instanceof HTMLInputElement) {
    headers.set("Content-Type", "application/octet-stream");
    return file.files?.[0];
  }
  return undefined;
}

/** @param {HTMLFormElement} form */
async function send(form) {
  const { url, headers } = readRequest(form);
  const body = readBody(form, headers);
  headers.set("X-CSRFToken", csrfToken());
  const result = find(form, "[data-result]");
  result.replaceChildren(create("p", "muted", gettext("Waiting for the response…")));
  try {
    const response = await fetch(url, { method: form.dataset.method ?? "GET", headers, body });
    const type = response.headers.get("Content-Type") ?? "";
    const isShown = TEXT.test(type);
    const text = isShown ? await response.text() : "";
    if (!isShown) await response.body?.cancel();
    const status = create("p", "", `${response.status} ${response.statusText}${type ? `, ${type}` : ""}`);
    const address = create("p", "small-text wrap");
    address.append(create("code", "", `${form.dataset.method} ${url}`));
    result.replaceChildren(status, address, ...(text ? [createBody(indent(text, type))] : []));
  } catch {
    result.replaceChildren(create("p", "field-error", gettext("The portal cannot be reached. Check your connection.")));
  }
}

/**
 * The text of a body, which the keyboard can scroll.
 * @param {string} text
 */
function createBody(text) {
  const body = create("pre", "mono", text);
  body.tabIndex = 0;
  return body;
}

/**
 * @param {string} text
 * @param {string} type
 */
function indent(text, type) {
  if (!type.includes("json")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

document.addEventListener("submit", (event) => {
  if (!(event.target instanceof HTMLFormElement) || event.target.dataset.path === undefined) return;
  event.preventDefault();
  send(event.target);
});
addEventListener("hashchange", openTarget);
openTarget();
