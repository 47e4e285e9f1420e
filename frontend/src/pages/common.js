// What every page needs: menus, dialogs, copy buttons, names of languages, and the end of a sign-in.
import { create, find } from "../dom.js";
import { nameLanguages } from "../languages.js";
import { connectSearchBox } from "../search-box.js";
import { clearDigests } from "../upload/digest-cache.js";

const isSignedIn = document.querySelector('meta[name="csrf-token"]') !== null;
if (!isSignedIn) clearDigests();

connectMenus();
connectDialogs();
connectConfirmations();
connectSelects();
connectCopyButtons();
connectSearch();
showNotice();
nameLanguages(document);

function connectMenus() {
  /** @type {NodeListOf<HTMLDetailsElement>} */
  const menus = document.querySelectorAll("[data-menu]");
  document.addEventListener("click", (event) => {
    for (const menu of menus) if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of [...menus].filter((each) => each.open)) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
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

function connectSelects() {
  /** @type {NodeListOf<HTMLSelectElement>} */
  const filters = document.querySelectorAll("select[data-submit-on-change]");
  for (const select of filters) select.addEventListener("change", () => select.form?.requestSubmit());
  /** @type {NodeListOf<HTMLSelectElement>} */
  const navigations = document.querySelectorAll("select[data-navigate]");
  for (const select of navigations) select.addEventListener("change", () => location.assign(select.value));
}

function connectCopyButtons() {
  /** @type {NodeListOf<HTMLElement>} */
  const buttons = document.querySelectorAll("[data-copy]");
  for (const button of buttons) {
    const field = find(document, `#${button.dataset.copy}`, HTMLInputElement);
    const label = find(button, "span");
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        document.execCommand("copy"); // the clipboard object exists only in secure contexts
      }
      label.textContent = "Copied";
      setTimeout(() => {
        label.textContent = "Copy";
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
