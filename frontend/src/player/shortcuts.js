// Keys of the player: inside it always, elsewhere on the page unless the viewer switched that off.

const SETTING = "player-keys"; // in the browser's storage
const INSIDE = "inside"; // its value if keys work only inside the player
const OWN = "#player, #player-lines, #pictures";

/** Whether keys work everywhere on the page. */
export const areKeysEverywhere = () => localStorage.getItem(SETTING) !== INSIDE;

/** @param {boolean} isEverywhere */
export function setKeysEverywhere(isEverywhere) {
  if (isEverywhere) localStorage.removeItem(SETTING);
  else localStorage.setItem(SETTING, INSIDE);
}

/**
 * Return the name of a key for a table of actions, with its modifier: `a`, `Shift+ArrowLeft`.
 * @param {KeyboardEvent} event
 */
export function nameKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return "";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.shiftKey && event.key.length > 1 ? `Shift+${key}` : key;
}

/** Whether the focused element handles the key itself. @param {Element} target @param {string} key */
function isHandled(target, key) {
  if (target.closest("input, select, textarea, dialog, [contenteditable], [role=menu]")) return true;
  return (key === " " || key === "Enter") && target.closest("button, a, summary") !== null;
}

/**
 * Whether a key outside the player is meant for it: not one that scrolls the page, unless the picture is in view.
 * @param {string} key
 */
function isForPlayer(key) {
  if (!areKeysEverywhere() || key === "ArrowUp" || key === "ArrowDown") return false;
  if (key !== " " && !key.startsWith("Arrow")) return true;
  const { top = 0, bottom = 0 } = document.querySelector(OWN)?.getBoundingClientRect() ?? {};
  return bottom > 0 && top < innerHeight;
}

/**
 * @param {Record<string, () => void>} actions by name of key
 * @param {AbortSignal} [signal] ends the connection
 */
export function connectShortcuts(actions, signal) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const action = actions[nameKey(event)];
    const target = event.target instanceof Element ? event.target : document.body;
    if (!action || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (isHandled(target, event.key) || !(target.closest(OWN) || isForPlayer(event.key))) return;
    event.preventDefault();
    action();
  };
  document.addEventListener("keydown", onKey, { signal });
}
