// Pages that show jobs: follow their progress with htmx.
import htmx from "htmx.org";
import { find } from "../dom.js";
import { gettext } from "../i18n.js";
import { checkNow, subscribe } from "../live.js";

const EARLY_POLLS = [100, 300, 600]; // milliseconds; most jobs end before the first poll after a second

for (const delay of EARLY_POLLS) {
  setTimeout(() => {
    const job = document.getElementById("job");
    if (job && job.dataset.finished === undefined) htmx.trigger(job, "soon", {});
  }, delay);
}

// A job that has ended may run again: from the tray, another tab or the API.
subscribe(({ jobs }) => {
  const card = document.getElementById("job");
  const job = jobs.find(({ code }) => code === card?.dataset.code);
  if (!card || !job || card.dataset.finished === undefined) return;
  if (Date.parse(card.dataset.finished) !== Date.parse(job.finished_at ?? "")) htmx.trigger(card, "soon", {});
});

let hasEnded = document.getElementById("job")?.dataset.finished !== undefined;

// Show the job's status to assistive technology when it has changed, and the form that cancels it while it runs.
document.addEventListener("htmx:afterSettle", () => {
  const job = document.getElementById("job");
  if (!job) return;
  const status = find(document, "[data-job-status]");
  const text = job.dataset.status ?? "";
  if (status.textContent !== text) status.textContent = text;
  showCancelForm(job);
  const hadEnded = hasEnded;
  hasEnded = job.dataset.finished !== undefined;
  if (hasEnded && !hadEnded) checkNow(); // for the title and the tray
  if (job.dataset.title !== undefined) find(document, "h1").textContent = job.dataset.title;
});

/** @param {HTMLElement} job */
function showCancelForm(job) {
  const form = find(document, "[data-while-running]");
  const isStopping = job.dataset.stopping !== undefined;
  form.hidden = job.dataset.finished !== undefined;
  find(form, "button", HTMLButtonElement).disabled = isStopping;
  find(form, "[data-cancel-label]").textContent = isStopping ? gettext("Cancelling …") : gettext("Cancel");
}

// After a sign-out the response is the sign-in page, which must not be shown inside this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  if (new URL(detail.xhr.responseURL).pathname === detail.pathInfo.requestPath) return;
  detail.shouldSwap = false;
  location.reload();
});
