// What a page shows about an error.

import { ApiError } from "./api.js";
import { create } from "./dom.js";
import { gettext } from "./i18n.js";
import { isolateQuoted } from "./text-direction.js";

/** @param {unknown} error */
const messageOf = (error) =>
  error instanceof ApiError ? error.message : gettext("Something went wrong in this page. Reload it and try again.");

/**
 * Show an error's sentence, with a link to the page that helps if there is one.
 * @param {HTMLElement} element
 * @param {unknown} error
 */
export function showMessage(element, error) {
  element.textContent = isolateQuoted(messageOf(error));
  const page = error instanceof ApiError ? error.problem.page : undefined;
  if (!page) return;
  const link = create("a", "", gettext("Manage storage"));
  link.href = page;
  link.target = "_blank"; // the chosen files stay
  element.append(" ", link);
}
