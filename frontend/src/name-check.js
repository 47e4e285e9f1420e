// Check of a session's name while it is typed: the reason why it cannot be used is shown below the field.

import { request } from "./api.js";
import { create, find } from "./dom.js";
import { gettext } from "./i18n.js";

/** Milliseconds without a key press before the portal is asked. */
const DELAY = 250;

/**
 * @param {HTMLInputElement} input has `data-check`, the address, and `data-session` for an existing session
 * @param {object} [options]
 * @param {boolean} [options.isOptional] an empty name is filled in later
 * @returns {() => Promise<boolean>} check now; whether the name can be used
 */
export function connectNameCheck(input, { isOptional = false } = {}) {
  const message = find(document, "#name-error");
  let timer = 0;
  /** @type {AbortController | null} */
  let running = null;

  const check = async () => {
    clearTimeout(timer);
    running?.abort();
    if (input.readOnly || (isOptional && !input.value.trim())) return show("");
    running = new AbortController();
    const query = new URLSearchParams({ name: input.value });
    if (input.dataset.session) query.set("session", input.dataset.session);
    try {
      const checked = await request("GET", `${input.dataset.check}?${query}`, undefined, { signal: running.signal });
      // A new session whose name is taken gets a number.
      const isRefused = !checked.is_usable && (checked.code !== "name_taken" || Boolean(input.dataset.session));
      return show(checked.message, { freeName: checked.free_name, isRefused });
    } catch {
      return true; // the portal checks again when the form is sent
    }
  };

  /**
   * @param {string} sentence
   * @param {{freeName?: string, isRefused?: boolean}} [options]
   */
  const show = (sentence, { freeName = "", isRefused = false } = {}) => {
    message.hidden = sentence === "";
    message.replaceChildren(sentence);
    if (freeName) message.append(" ", createSuggestion(freeName));
    input.setCustomValidity(isRefused ? sentence : "");
    input.setAttribute("aria-invalid", String(isRefused));
    return !isRefused;
  };

  /** @param {string} name */
  const createSuggestion = (name) => {
    const button = create("button", "link-button", gettext("Use it"));
    button.type = "button";
    button.addEventListener("click", () => {
      input.value = name;
      input.focus();
      check();
    });
    return button;
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    input.setCustomValidity("");
    timer = window.setTimeout(check, DELAY);
  });
  if (input.value !== input.defaultValue) check(); // it was typed before the script ran
  return check;
}
