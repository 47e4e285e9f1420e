// A list of sessions that shows what jobs have saved or imported, without a reload.
import { subscribe } from "./live.js";
import { RegionRefresher } from "./region-refresher.js";

/** @import { LiveJob } from "./live.js" */

const KINDS = ["save", "import"];

/**
 * Return when the last job that changed sessions ended, in milliseconds; 0 if there is none.
 * @param {LiveJob[]} jobs
 */
export function getLastChange(jobs) {
  const changed = jobs.filter((job) => job.state === "succeeded" && KINDS.includes(job.kind));
  return Math.max(0, ...changed.map((job) => Date.parse(job.finished_at ?? "") || 0));
}

/**
 * Show the results again when a job has changed sessions; later while the user is working in them.
 * @param {() => void} onResults is called when new results are shown
 */
export function connectListUpdates(onResults) {
  const regions = new RegionRefresher();
  /** @type {HTMLElement | null} */
  const tray = document.querySelector("[data-tray]");
  let shown = Date.parse(tray?.dataset.now ?? "");
  document.addEventListener("region-refreshed", onResults);
  subscribe(({ jobs }) => {
    const last = getLastChange(jobs);
    if (!(last > shown)) return;
    shown = last;
    if (document.getElementById("results")) regions.refresh(["results"]);
    else if (!document.querySelector("dialog[open]")) location.reload(); // the page for users without sessions
  });
}
