// Tells screen readers how a job goes, but only when there is something new to tell.
const said = document.querySelector("[data-job-said]");
document.body.addEventListener("htmx:afterSettle", () => {
  const job = document.getElementById("job");
  if (job && said.textContent !== job.dataset.said) said.textContent = job.dataset.said;
});
