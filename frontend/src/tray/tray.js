// The tray in the header of every page: running jobs with their progress, and what ended lately.
import { ApiError, request } from "../api.js";
import { create, find, icon } from "../dom.js";
import { gettext } from "../i18n.js";
import { checkNow, subscribe } from "../live.js";
import { setTitleProgress } from "../page-title.js";
import { RegionRefresher } from "../region-refresher.js";
import { showToast } from "../toasts.js";
import { describeNumbers, describeTitle, describeTray } from "./describe-jobs.js";
import { Notices } from "./notices.js";
import { createItem, updateItem } from "./tray-item.js";

/** @import { LiveJob, LiveState } from "../live.js" */

const EARLY_POLLS = [100, 400, 900]; // milliseconds
const regions = new RegionRefresher();

/** Show the state of jobs on this page. */
export function connectTray() {
  /** @type {HTMLDetailsElement | null} */
  const tray = document.querySelector("[data-tray]");
  if (!tray) return;
  const { user = "", now = "", jobs: jobsUrl = "" } = tray.dataset;
  /** @type {LiveJob[]} */
  let latest = [];
  const notices = new Notices({ user, now, jobsUrl });
  tray.addEventListener("toggle", () => tray.open && checkNow());
  tray.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-act]");
    if (button instanceof HTMLButtonElement) act(button);
  });
  // Most jobs that a page shows at first end before the first poll.
  if (document.querySelector("[data-job-runs]")) for (const delay of EARLY_POLLS) setTimeout(checkNow, delay);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) setTitleProgress(describeTitle(latest), "jobs");
  });
  subscribe((state, previous) => {
    latest = state.jobs;
    showSummary(tray, state.jobs);
    showItems(find(tray, "[data-tray-list]"), state.jobs);
    find(tray, "[data-tray-empty]").hidden = state.jobs.length > 0;
    showWorker(tray, !state.has_no_worker);
    showInTitle(state.jobs, previous?.jobs ?? []);
    if (showOnPage(state)) return; // the page that is loaded reports what ended
    notices.report(state.jobs);
  });
}

/**
 * Show progress in the title. That of a hidden tab has the outcome of the last job until the user sees it.
 * @param {LiveJob[]} jobs
 * @param {LiveJob[]} before
 */
function showInTitle(jobs, before) {
  const outcome = document.hidden && describeTitle(before) ? jobs[0]?.text : "";
  setTitleProgress(describeTitle(jobs) || outcome || "", "jobs");
}

/**
 * @param {HTMLElement} tray
 * @param {LiveJob[]} jobs
 */
function showSummary(tray, jobs) {
  const { count, percent, level } = describeTray(jobs);
  find(tray, "[data-tray-count]").textContent = count ? `${count},` : "";
  find(tray, "[data-tray-percent]").textContent = percent;
  tray.dataset.level = level;
}

/**
 * @param {HTMLElement} tray
 * @param {boolean} hasWorker that starts waiting jobs
 */
function showWorker(tray, hasWorker) {
  const warning = find(tray, "[data-tray-no-worker]");
  const status = find(tray, "[data-tray-status]");
  tray.toggleAttribute("data-no-worker", !hasWorker);
  if (hasWorker) for (const each of [warning, status]) each.replaceChildren();
  else if (!warning.hasChildNodes()) {
    const more = gettext("Waiting jobs start by themselves when a worker is back.");
    status.textContent = gettext("No worker is running.");
    warning.append(icon("warning"), create("span", "", `${status.textContent} ${more}`));
  }
}

/**
 * @param {HTMLElement} list
 * @param {LiveJob[]} jobs
 */
function showItems(list, jobs) {
  /** @type {Map<string, HTMLElement>} */
  const items = new Map();
  for (const item of list.children) if (item instanceof HTMLElement) items.set(item.dataset.code ?? "", item);
  const current = jobs.map((job) => updateItem(items.get(job.code) ?? null, job) ?? createItem(job));
  const focused = document.activeElement?.closest("[data-code]");
  const hadFocus = list.contains(document.activeElement);
  if (current.some((item, index) => item !== list.children[index]) || current.length < list.children.length)
    list.replaceChildren(...current);
  if (!hadFocus || list.contains(document.activeElement)) return;
  const same = current.find((item) => focused instanceof HTMLElement && item.dataset.code === focused.dataset.code);
  const next = same?.querySelector("a") ?? list.closest("details")?.querySelector("summary");
  next?.focus({ preventScroll: true });
}

/**
 * Cancel a job, or try it again.
 * @param {HTMLButtonElement} button
 */
async function act(button) {
  // A disabled button loses the focus.
  if (button === document.activeElement) button.closest("[data-code]")?.querySelector("a")?.focus();
  button.disabled = true;
  try {
    await request("POST", button.dataset.act ?? "");
  } catch (error) {
    const isOld = error instanceof ApiError && error.code === "job_not_retryable"; // it runs again, or has succeeded
    if (!isOld) showToast({ text: error instanceof Error ? error.message : String(error), level: "bad" });
    button.disabled = false;
  }
  checkNow();
}

/**
 * Show progress where the page has a row for a job. The history is loaded again when a job begins or ends, and the page of a session
 * without versions when it has one; other pages of sessions follow their jobs themselves.
 * @param {LiveState} state
 * @returns {boolean} whether the page is loaded again
 */
function showOnPage({ jobs, session, has_no_worker: hasNoWorker }) {
  for (const job of jobs) {
    const row = document.querySelector(`[data-job="${job.code}"]`);
    if (row) showRow(row, job);
  }
  if (session?.version && document.querySelector("[data-reload-when-saved]")) {
    location.reload();
    return true;
  }
  /** @type {HTMLElement | null} */
  const history = document.querySelector("[data-follow-jobs]");
  if (history && isOutdated(jobs, Date.parse(history.dataset.newest ?? ""))) regions.refresh(["jobs"]);
  const warning = document.querySelector('[data-region="no-worker"]');
  if (warning && (warning.querySelector(".banner") !== null) !== Boolean(hasNoWorker)) regions.refresh(["no-worker"]);
  return false;
}

/**
 * @param {LiveJob[]} jobs
 * @param {number} newest when the first job of the history was created; NaN if the page does not begin with the newest
 */
function isOutdated(jobs, newest) {
  return jobs.some((job) => {
    /** @type {HTMLElement | null} */
    const row = document.querySelector(`[data-job="${job.code}"]`);
    // A job that was tried again may have ended again since the last poll.
    if (row) return (Date.parse(row.dataset.finished ?? "") || 0) !== (Date.parse(job.finished_at ?? "") || 0);
    return Date.parse(job.created_at) > newest;
  });
}

/**
 * @param {Element} row
 * @param {LiveJob} job
 */
function showRow(row, job) {
  const bar = row.querySelector("progress");
  const numbers = row.querySelector("[data-job-numbers]");
  if (bar) bar.value = job.percent;
  const text = describeNumbers(job);
  if (numbers && numbers.textContent !== text) numbers.textContent = text;
}
