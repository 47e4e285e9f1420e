// Stars and tags: buttons and forms that work without a script, and here without leaving the page.
import { csrfToken } from "./api.js";
import { nameLanguages } from "./languages.js";
import { checkNow } from "./live.js";

/** Handle the buttons and forms of the page, also those that come later. */
export function connectMarks() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-star]") : null;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    toggleStar(button);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.tags === undefined) return;
    event.preventDefault();
    changeTags(form, /** @type {HTMLButtonElement | null} */ (event.submitter));
  });
}

/**
 * @param {string} url
 * @param {FormData} data
 */
async function post(url, data) {
  const headers = { "HX-Request": "true", "X-CSRFToken": csrfToken() };
  const body = new URLSearchParams(/** @type {[string, string][]} */ ([...data]));
  return fetch(url, { method: "POST", headers, body, redirect: "error" });
}

/** @param {HTMLButtonElement} button */
async function toggleStar(button) {
  const isStarred = button.getAttribute("aria-pressed") !== "true";
  show(button, isStarred);
  button.setAttribute("aria-busy", "true");
  const data = new FormData();
  data.set("starred", isStarred ? "1" : "");
  try {
    // A button without an address of its own has that of its form; `formAction` would be the page's.
    const url = button.hasAttribute("formaction") ? button.formAction : (button.form?.action ?? "");
    const response = await post(url, data);
    if (!response.ok) throw new Error(`The portal sent the status ${response.status}`);
  } catch {
    show(button, !isStarred);
    location.reload(); // shows what is wrong: signed out, deleted, not reachable
  } finally {
    button.removeAttribute("aria-busy");
    document.dispatchEvent(new Event("star-saved"));
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} isStarred
 */
function show(button, isStarred) {
  button.setAttribute("aria-pressed", String(isStarred));
  button.value = isStarred ? "" : "1";
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement | null} submitter
 */
async function changeTags(form, submitter) {
  const region = form.closest(".session-tags");
  if (!region) return;
  let text;
  try {
    const response = await post(form.action, new FormData(form, submitter));
    if (response.status >= 500) throw new Error(`The portal sent the status ${response.status}`);
    text = await response.text(); // a refused tag is shown with the reason
  } catch {
    form.submit();
    return;
  }
  const template = document.createElement("template");
  template.innerHTML = text;
  const fresh = template.content.querySelector(".session-tags");
  if (!fresh) {
    location.reload();
    return;
  }
  region.replaceWith(fresh);
  nameLanguages(fresh);
  /** @type {HTMLElement | null} */
  const field = fresh.querySelector("#add-tag");
  field?.focus();
  checkNow(); // the activity of the session shows the change
}
