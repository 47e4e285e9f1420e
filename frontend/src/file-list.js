// Files of a session's page: folded categories and folders load when they are unfolded, the search and filters replace the list.
import { create, find } from "./dom.js";
import { gettext } from "./i18n.js";
import { nameLanguages, suggestLanguages } from "./languages.js";
import { connectRowSelection } from "./row-selection.js";

const TYPING_PAUSE = 250; // milliseconds
const FAILED = gettext("The files cannot be loaded. Check your connection, then try again.");
const LINKS = ".files-filters a, .folder-path a, .pages a, .file-group > p > a";

/** @param {HTMLElement} panel section of the files */
export function connectFileList(panel) {
  const list = find(panel, "#file-list");
  const form = find(panel, ".files-search", HTMLFormElement);
  let requests = 0; // only the response to the last one is shown
  let timer = 0;
  connectLabels(list);

  /** @param {URL} address of the page with the list */
  const show = async (address) => {
    requests += 1;
    const number = requests;
    const part = await fetchList(`${list.dataset.listing}${address.search}`);
    if (number !== requests) return;
    const hadFocus = list.contains(document.activeElement);
    list.replaceChildren(part);
    nameLanguages(list);
    connectLabels(list);
    history.replaceState(history.state, "", address);
    const field = find(form, "input[type=search]", HTMLInputElement);
    if (document.activeElement !== field) field.value = address.searchParams.get("find") ?? "";
    if (hadFocus) focusFirst(list);
  };
  const search = () => {
    clearTimeout(timer);
    const address = new URL(list.dataset.page ?? "", location.href);
    const text = find(form, "input[type=search]", HTMLInputElement).value.trim();
    if (text) address.searchParams.set("find", text);
    return show(address);
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(search, TYPING_PAUSE);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  list.addEventListener("click", (event) => {
    /** @type {HTMLAnchorElement | null} */
    const link = /** @type {Element} */ (event.target).closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.dataset.moreFiles !== undefined) {
      event.preventDefault();
      showMore(link, list);
    } else if (link.matches(LINKS)) {
      event.preventDefault();
      show(new URL(link.href));
    }
  });
  // The event does not bubble.
  list.addEventListener(
    "toggle",
    (event) => {
      if (event.target instanceof HTMLDetailsElement && event.target.open) unfold(event.target, list);
    },
    true,
  );
}

/**
 * Load the files of a category or folder, once.
 * @param {HTMLDetailsElement} group
 * @param {HTMLElement} list
 */
async function unfold(group, list) {
  const url = group.dataset.files;
  if (!url) return;
  delete group.dataset.files;
  const part = await fetchList(url);
  if (part.querySelector("[data-failed]")) group.dataset.files = url;
  for (const rest of group.querySelectorAll(":scope > :not(summary)")) rest.remove();
  group.append(part);
  nameLanguages(group);
  updateSelection(list);
}

/**
 * Add the next files of a category or folder below those that are shown.
 * @param {HTMLAnchorElement} link
 * @param {HTMLElement} list
 */
async function showMore(link, list) {
  const part = await fetchList(link.href);
  const first = part.querySelector("tbody tr");
  (link.closest("p") ?? link).replaceWith(part);
  nameLanguages(list);
  updateSelection(list);
  const summary = first?.querySelector("summary");
  if (summary instanceof HTMLElement) summary.focus(); // the link that had the focus was replaced
}

/** @param {string} url */
async function fetchList(url) {
  const response = await fetch(url).catch(() => null);
  const template = create("template");
  // After a sign-out the response is the sign-in page, which must not be shown inside this one.
  if (response?.ok && !response.redirected) template.innerHTML = await response.text();
  else {
    const sentence = create("p", "bad-text small-text", FAILED);
    sentence.dataset.failed = "";
    template.content.append(sentence);
  }
  return template.content;
}

/** @param {HTMLElement} list */
function focusFirst(list) {
  const current = list.querySelector(".files-filters [aria-current]");
  const first = current ?? list.querySelector(".files-filters a, summary");
  if (first instanceof HTMLElement) first.focus({ preventScroll: true });
}

/**
 * Connect the form that corrects the labels of ticked files.
 * @param {HTMLElement} list
 */
function connectLabels(list) {
  const labels = list.querySelector("#labels");
  if (!(labels instanceof HTMLElement) || !labels.querySelector("[data-select-all]")) return;
  suggestLanguages(document);
  connectRowSelection(labels, {
    name: "paths",
    onChange: (count, total) => {
      const scope = labels.querySelector("[data-scope]");
      if (scope instanceof HTMLElement) scope.hidden = count < total;
      if (count < total) find(labels, "[name=scope]", HTMLInputElement).checked = false;
    },
  });
}

/**
 * Count the ticked files again, after others were added to the list.
 * @param {HTMLElement} list
 */
function updateSelection(list) {
  list.querySelector("#labels [name=scope]")?.dispatchEvent(new Event("change", { bubbles: true }));
}
