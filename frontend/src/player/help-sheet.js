// The list of keys, with the choice of where they work.
import { areKeysEverywhere, setKeysEverywhere } from "./shortcuts.js";

/** @param {ReturnType<typeof import("../dom.js").refsOf>} ref */
export function connectHelpSheet(ref) {
  const sheet = ref("help-sheet", HTMLDialogElement);
  ref("help").addEventListener("click", () => sheet.showModal());
  sheet.querySelector("[data-close-dialog]")?.addEventListener("click", () => sheet.close());
  const keys = ref("keys", HTMLInputElement);
  keys.checked = areKeysEverywhere();
  keys.addEventListener("change", () => setKeysEverywhere(keys.checked));
}
