// Parts of a page that were shown before the texts of the session were read: they are replaced when that is done.
import { subscribe } from "./live.js";
import { RegionRefresher } from "./region-refresher.js";

/** Replace the parts with `data-being-read` once the texts have been read. */
export function refreshWhenRead() {
  if (!document.querySelector("[data-being-read]")) return;
  const regions = new RegionRefresher();
  subscribe(async ({ session }) => {
    if (!session?.texts_read) return;
    /** @type {NodeListOf<HTMLElement>} */
    const parts = document.querySelectorAll("[data-being-read][data-region]");
    const names = Array.from(parts, (part) => part.dataset.region ?? "");
    if (names.length > 0) await regions.refresh(names);
  });
}
