// Check of a session's name while it is typed: the reason why it cannot be used is shown below the field.
import { create, find } from "./dom.js";
import { request } from "./api.js";

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
      return show(checked.message, checked.free_name);
    } catch {
      return true; // the portal checks again when the form is sent
    }
  };

  /**
   * @param {string} sentence
   * @param {string} [freeName]
   */
  const show = (sentence, freeName = "") => {
    message.hidden = sentence === "";
    message.replaceChildren(sentence);
    if (freeName) message.append(" ", createSuggestion(freeName));
    input.setCustomValidity(sentence);
    input.setAttribute("aria-invalid", String(sentence !== ""));
    return sentence === "";
  };

  /** @param {string} name */
  const createSuggestion = (name) => {
    const button = create("button", "link-button", "Use it");
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
  return check;
}
