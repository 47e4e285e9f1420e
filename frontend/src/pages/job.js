import htmx from "htmx.org";

// Watches jobs that are asked for again and again.
const said = document.querySelector("[data-job-said]");
const SOON = [100, 300, 600]; // milliseconds

// Most jobs take a moment: nobody should look at a bar for a second because the page asks once a second.
for (const wait of SOON) {
  setTimeout(() => {
    const job = document.getElementById("job");
    if (job && job.dataset.finished === undefined) htmx.trigger(job, "soon");
  }, wait);
}

// Tells screen readers how a job goes, but only when there is something new to tell.
document.addEventListener("htmx:afterSettle", () => {
  const job = document.getElementById("job");
  if (!job) return;
  if (said.textContent !== job.dataset.said) said.textContent = job.dataset.said;
  const cancel = document.querySelector("[data-while-running]");
  if (cancel) cancel.hidden = job.dataset.finished !== undefined;
});

// Signed out meanwhile: the answer is the page to sign in, which must not land in the middle of this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  if (new URL(xhr.responseURL).pathname === pathInfo.requestPath) return;
  event.detail.shouldSwap = false;
  location.reload();
});
