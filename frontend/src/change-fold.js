// Lists of the files that versions changed: load when a row of a version is unfolded, search, show more.

import { create } from "./dom.js";
import { formatNumber, gettext } from "./i18n.js";

const TYPING_PAUSE = 250; // milliseconds
const FAILED = gettext("The list cannot be loaded. Check your connection, then unfold it again.");

/** @param {ParentNode} root */
export function connectChangeFolds(root) {
  /** @type {NodeListOf<HTMLElement>} */
  const containers = root.querySelectorAll("[data-changes]");
  for (const container of containers) connect(container);
}

/** @param {HTMLElement} container a <details>, or a list that the page contains */
function connect(container) {
  const isFold = container instanceof HTMLDetailsElement;
  const list = isFold ? create("div", "changes-body") : container;
  let requests = 0; // only the response to the last one is shown
  let timer = 0;

  /** @param {string} url */
  const load = async (url) => {
    requests += 1;
    const number = requests;
    const part = await fetchPart(url);
    return number === requests ? part : null;
  };

  /** @param {string} url */
  const show = async (url) => {
    const part = await load(url);
    if (part) replace(list, part);
  };

  /** @param {HTMLFormElement} form */
  const search = (form) => {
    const fields = new FormData(form);
    const query = new URLSearchParams([...fields].map(([name, value]) => [name, String(value)]));
    return show(`${form.action}?${query}`);
  };

  list.addEventListener("input", (event) => {
    const { form } = /** @type {HTMLInputElement} */ (event.target);
    if (!form) return;
    clearTimeout(timer);
    timer = window.setTimeout(() => search(form), TYPING_PAUSE);
  });
  list.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search(/** @type {HTMLFormElement} */ (event.target));
  });
  list.addEventListener("click", async (event) => {
    /** @type {HTMLAnchorElement | null} */
    const link = /** @type {Element} */ (event.target).closest("a.chip, a[data-more]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.dataset.more === undefined) return show(link.href);
    const part = await load(link.href);
    if (part) append(list, part);
  });
  if (isFold)
    container.addEventListener("toggle", async () => {
      if (!container.open || list.querySelector(".changes-list")) return;
      const part = await load(container.dataset.changes ?? "");
      if (!part) return;
      list.replaceChildren(part);
      for (const link of container.querySelectorAll(":scope > a")) link.remove();
      container.append(list);
    });
}

/**
 * Return the elements of a list.
 * @param {string} url
 */
export async function fetchPart(url) {
  const address = new URL(url, location.href);
  address.searchParams.set("part", "1");
  const response = await fetch(address).catch(() => null);
  const template = create("template");
  // After a sign-out the response is the sign-in page, which must not be shown inside this one.
  if (response?.ok && !response.redirected) template.innerHTML = await response.text();
  else template.content.append(create("p", "bad-text small-text", FAILED));
  return template.content;
}

/**
 * @param {HTMLElement} list
 * @param {DocumentFragment} part
 */
function replace(list, part) {
  const { activeElement } = document;
  const field = activeElement instanceof HTMLInputElement && list.contains(activeElement) ? activeElement : null;
  const selection = field?.selectionStart ?? null;
  const text = field?.value;
  list.replaceChildren(part);
  if (!field) return;
  const next = list.querySelector("input[type=search]");
  if (!(next instanceof HTMLInputElement)) return;
  next.value = text ?? "";
  next.focus();
  next.setSelectionRange(selection, selection);
}

/**
 * Add the rows of a list's next page.
 * @param {HTMLElement} list
 * @param {DocumentFragment} part
 */
function append(list, part) {
  const rows = list.querySelector(".changes-list");
  const more = part.querySelector(".changes-list");
  if (!rows || !more) return;
  dropRepeatedHeading(rows, more);
  const first = more.firstElementChild;
  rows.append(...more.children);
  const shown = part.querySelector("[data-shown]");
  list.querySelector("[data-shown]")?.replaceWith(shown ?? "");
  const total = list.querySelector("[data-count]");
  const files = rows.querySelectorAll(":scope > li:not([data-group])");
  if (total) total.textContent = formatNumber(files.length);
  if (!(first instanceof HTMLElement)) return;
  first.tabIndex = -1; // the link that had the focus was replaced
  first.focus({ preventScroll: true });
}

/**
 * Remove the heading of the next page if its group continues that of the last one.
 * @param {Element} rows
 * @param {Element} more
 */
function dropRepeatedHeading(rows, more) {
  const last = [...rows.querySelectorAll(":scope > [data-group]")].at(-1);
  const first = more.firstElementChild;
  const group = first?.getAttribute("data-group");
  if (group !== null && group === last?.getAttribute("data-group")) first?.remove();
}
