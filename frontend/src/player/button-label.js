// Buttons whose meaning changes: name and tooltip, with their key.

/**
 * @param {HTMLElement} button
 * @param {string} label
 */
export function setLabel(button, label) {
  button.setAttribute("aria-label", label);
  const { keys } = button.dataset;
  button.title = keys ? `${label} (${keys})` : label;
}
