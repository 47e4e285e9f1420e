// Pages that show jobs: follow their progress with htmx.
import htmx from "htmx.org";
import { find } from "../dom.js";

const EARLY_POLLS = [100, 300, 600]; // milliseconds; most jobs end before the first poll after a second

for (const delay of EARLY_POLLS) {
  setTimeout(() => {
    const job = document.getElementById("job");
    if (job && job.dataset.finished === undefined) htmx.trigger(job, "soon", {});
  }, delay);
}

// Show the job's status to assistive technology when it has changed, and hide the form that cancels it when it has ended.
document.addEventListener("htmx:afterSettle", () => {
  const job = document.getElementById("job");
  if (!job) return;
  const status = find(document, "[data-job-status]");
  const text = job.dataset.status ?? "";
  if (status.textContent !== text) status.textContent = text;
  /** @type {HTMLElement | null} */
  const cancelForm = document.querySelector("[data-while-running]");
  if (cancelForm) cancelForm.hidden = job.dataset.finished !== undefined;
  if (job.dataset.title !== undefined) find(document, "h1").textContent = job.dataset.title;
});

// After a sign-out the response is the sign-in page, which must not be shown inside this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  if (new URL(detail.xhr.responseURL).pathname === detail.pathInfo.requestPath) return;
  detail.shouldSwap = false;
  location.reload();
});
