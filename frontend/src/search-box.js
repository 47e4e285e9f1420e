// The search box of every page: results as one types. A combobox with a list of options (WAI-ARIA); without this script it is a form.

import { find } from "./dom.js";
import { gettext, ngettext } from "./i18n.js";

const DELAY = 150; // milliseconds after the last key

/**
 * @param {HTMLFormElement} form
 * @param {{go?: (url: string) => void, delay?: number}} [options]
 */
export function connectSearchBox(form, { go = (url) => location.assign(url), delay = DELAY } = {}) {
  const input = find(form, "input[name=q]", HTMLInputElement);
  const list = find(form, "[role=listbox]");
  const status = find(form, "[role=status]");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let requested = input.value.trim();
  let request = new AbortController();

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  /** @returns {HTMLElement[]} */
  const options = () => [...list.querySelectorAll("[role=option]")].filter((each) => each instanceof HTMLElement);
  const active = () => options().find((option) => option.getAttribute("aria-selected") === "true");

  /** @param {boolean} isOpen */
  function show(isOpen) {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) activate(undefined);
  }

  /** @param {HTMLElement | undefined} option */
  function activate(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} step */
  function move(step) {
    const all = options();
    if (!all.length) return true;
    show(true);
    const selected = active();
    // One place of the circle is the input itself, where no option is active.
    const place = selected ? all.indexOf(selected) : step > 0 ? -1 : all.length;
    activate(all[place + step]);
    return true;
  }

  /** @type {Record<string, () => boolean>} what a key does, and whether the browser does nothing then */
  const keys = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => open(list.hidden ? undefined : active()),
    Escape: () => {
      // The browser would clear the text while the list is open.
      if (!list.hidden) show(false);
      else if (input.value) input.value = "";
      else input.blur();
      return true;
    },
  };

  /** @param {Element | null | undefined} option */
  function open(option) {
    if (!(option instanceof HTMLElement)) return false;
    go(option.dataset.url ?? "");
    return true;
  }

  async function update() {
    const text = input.value.trim();
    if (text === requested) return;
    requested = text;
    request.abort();
    request = new AbortController();
    if (!text) {
      list.replaceChildren();
      status.textContent = "";
      show(false);
      return;
    }
    const html = await load(`${form.dataset.searchBox}?${new URLSearchParams({ q: text })}`, request.signal);
    if (html === null || requested !== text) return;
    const template = document.createElement("template");
    template.innerHTML = html;
    list.replaceChildren(template.content);
    const count = options().length;
    status.textContent = count
      ? ngettext("%(count)s session found", "%(count)s sessions found", count - 1)
      : gettext("Nothing found");
    show(count > 0 && document.activeElement === input);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(update, delay);
  });
  input.addEventListener("focus", () => show(options().length > 0 && input.value.trim() === requested));
  input.addEventListener("keydown", (event) => {
    // While an input method composes characters, the keys belong to it.
    if (event.isComposing || !keys[event.key]?.()) return;
    event.preventDefault();
  });
  // The input keeps the focus while an option is pressed.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    open(/** @type {Element} */ (event.target).closest("[role=option]"));
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(/** @type {Node | null} */ (event.relatedTarget))) show(false);
  });
  form.addEventListener("submit", (event) => {
    if (!input.value.trim()) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

/** @param {EventTarget | null} target */
const isTyping = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input, textarea, select") || target.closest("dialog") !== null);

/**
 * Return the options as HTML, or null where there are none: the request was replaced or failed, or the user is signed out.
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function load(url, signal) {
  try {
    const response = await fetch(url, { signal });
    return response.ok && !response.redirected ? await response.text() : null;
  } catch {
    return null;
  }
}
