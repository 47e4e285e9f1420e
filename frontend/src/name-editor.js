// Renaming in place: the name becomes a field. Without this script the link leads to the page that renames.
import { ApiError, request } from "./api.js";
import { find } from "./dom.js";
import { connectNameCheck } from "./name-check.js";
import { renameInTitle } from "./page-title.js";

/**
 * @param {Document} root
 * @param {{onRename: () => void}} options called when the session has its new name
 */
export function connectNameEditor(root, { onRename }) {
  const form = root.querySelector("#rename-form");
  if (!(form instanceof HTMLFormElement)) return;
  // They are replaced when the page is refreshed.
  const getOpener = () => find(root, "#rename");
  const getHeading = () => find(root, "#session-name");
  const getTitle = () => find(root, ".session-title");
  const field = find(form, "[name=name]", HTMLInputElement);
  const previous = find(form, "[name=previous_name]", HTMLInputElement);
  const message = find(form, "#name-error");
  const check = connectNameCheck(field);

  const open = () => {
    field.value = previous.value;
    form.hidden = false;
    getTitle().hidden = true;
    field.focus();
    field.select();
  };
  /** @param {HTMLElement} focused */
  const close = (focused) => {
    form.hidden = true;
    getTitle().hidden = false;
    message.hidden = true;
    field.setCustomValidity("");
    focused.focus();
  };
  const rename = async () => {
    if (field.value.trim() === previous.value) return close(getOpener());
    try {
      const session = await request("PATCH", form.dataset.api ?? "", {
        name: field.value,
        previous_name: previous.value,
      });
      showName(session.name);
      close(getHeading());
      onRename();
    } catch (error) {
      await refuse(error);
    }
  };
  /** @param {string} name */
  const showName = (name) => {
    renameInTitle(previous.value, name);
    getHeading().textContent = name;
    previous.value = name;
    field.defaultValue = name;
  };
  /** @param {unknown} error */
  const refuse = async (error) => {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === "renamed") await learnName();
    message.textContent = error.message;
    message.hidden = false;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  };

  /** After a conflict, the next attempt replaces the name that the sentence shows. */
  const learnName = async () => {
    const session = await request("GET", form.dataset.api ?? "").catch(() => null);
    if (session) showName(session.name);
  };

  root.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("#rename");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  find(form, "[data-cancel]").addEventListener("click", () => close(getOpener()));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(getOpener());
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await check()) await rename();
    else field.focus();
  });
}
