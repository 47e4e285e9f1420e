// What every page needs: menus, dialogs, copy buttons, names of languages, and the end of a sign-in.

import { create, find } from "../dom.js";
import { connectFilterFocus } from "../filter-focus.js";
import { gettext } from "../i18n.js";
import { nameLanguages } from "../languages.js";
import { startUpdates } from "../live.js";
import { connectMarks } from "../marks.js";
import { startTitle } from "../page-title.js";
import { connectSearchBox } from "../search-box.js";
import { connectTray } from "../tray/tray.js";
import { clearDigests } from "../upload/digest-cache.js";

const isSignedIn = document.querySelector('meta[name="csrf-token"]') !== null;
if (!isSignedIn) clearDigests();

connectMenus();
connectDialogs();
connectConfirmations();
connectFilterFocus();
connectCopyButtons();
connectSearch();
connectMarks();
showNotice();
nameLanguages(document);
startTitle();
startUpdates();
connectTray();

function connectMenus() {
  // Looked up at each click: parts of the page are replaced.
  /** @returns {NodeListOf<HTMLDetailsElement>} */
  const findOpen = () => document.querySelectorAll("[data-menu][open]");
  document.addEventListener("click", (event) => {
    for (const menu of findOpen()) if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of findOpen()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
  const focusField = (/** @type {Event} */ { target }) => {
    if (!(target instanceof HTMLDetailsElement) || !target.matches("[data-menu][open]")) return;
    /** @type {HTMLElement | null} */
    const field = target.querySelector("[data-menu-focus]");
    field?.focus();
  };
  document.addEventListener("toggle", focusField, { capture: true }); // the event does not bubble
}

function connectDialogs() {
  /** @type {NodeListOf<HTMLElement>} */
  const openers = document.querySelectorAll("[data-open-dialog]");
  for (const opener of openers) {
    const dialog = find(document, `#${opener.dataset.openDialog}`, HTMLDialogElement);
    opener.addEventListener("click", () => dialog.showModal());
  }
  for (const closer of document.querySelectorAll("[data-close-dialog]")) {
    closer.addEventListener("click", () => closer.closest("dialog")?.close());
  }
}

/** Enable the button of a dialog when the word that confirms it was typed. */
function connectConfirmations() {
  /** @type {NodeListOf<HTMLInputElement>} */
  const inputs = document.querySelectorAll("[data-confirmation]");
  for (const input of inputs) {
    const button = find(input.closest("dialog") ?? document, "button[type=submit]", HTMLButtonElement);
    const update = () => {
      button.disabled = input.value.trim().toLowerCase() !== input.dataset.confirmation;
    };
    input.addEventListener("input", update);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      // The browser would press the form's first button, which may be another one.
      event.preventDefault();
      button.click();
    });
    update();
  }
}

function connectCopyButtons() {
  /** @type {NodeListOf<HTMLElement>} */
  const buttons = document.querySelectorAll("[data-copy]");
  for (const button of buttons) {
    const field = find(document, `#${button.dataset.copy}`, HTMLInputElement);
    const label = find(button, "span");
    const text = label.textContent;
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        document.execCommand("copy"); // the clipboard object exists only in secure contexts
      }
      label.textContent = gettext("Copied");
      setTimeout(() => {
        label.textContent = text;
      }, 2000);
    });
  }
}

function connectSearch() {
  /** @type {HTMLFormElement | null} */
  const box = document.querySelector("form[data-search-box]");
  if (box) connectSearchBox(box);
}

/** Show the sentence that the page before stored for this one. */
function showNotice() {
  const notice = sessionStorage.getItem("notice");
  if (!notice) return;
  sessionStorage.removeItem("notice");
  const list = create("ul", "messages");
  list.setAttribute("role", "status");
  const item = create("li", "message");
  item.append(create("p", "", notice));
  list.append(item);
  find(document, "#main").prepend(list);
}
