// Jobs in words: the chip of the tray, the title of the page, the numbers of a row.

import { describeTimeLeft, formatBytes, formatPercent } from "../format.js";
import { gettext, ngettext } from "../i18n.js";

/** @import { LiveJob } from "../live.js" */

const MAX_LISTED = 20; // unfinished jobs in the state

/** @param {LiveJob} job */
const isUnfinished = (job) => job.finished_at === null;

/**
 * Return how much of all running jobs is done, by bytes; jobs that wait have no number of bytes yet.
 * @param {LiveJob[]} jobs
 */
export function averagePercent(jobs) {
  const sized = jobs.filter((job) => job.bytes_total > 0);
  const total = sized.reduce((sum, job) => sum + job.bytes_total, 0);
  const done = sized.reduce((sum, job) => sum + job.bytes_done, 0);
  return total ? Math.min(99, Math.floor((100 * done) / total)) : 0;
}

/**
 * Return how many jobs run and how much of them is done, both "" while nothing runs, and the weight of the chip.
 * @param {LiveJob[]} jobs
 */
export function describeTray(jobs) {
  const unfinished = jobs.filter(isUnfinished);
  const count = unfinished.length;
  if (!count) return { count: "", percent: "", level: "" };
  const number = count < MAX_LISTED ? `${count}` : `${count}+`;
  return {
    count: ngettext("%(count)s job", "%(count)s jobs", count, { count: number }),
    percent: formatPercent(averagePercent(unfinished)),
    level: "running",
  };
}

/**
 * Return the beginning of the page's title, such as "64 % Saving talk"; "" while nothing runs.
 * @param {LiveJob[]} jobs
 */
export function describeTitle(jobs) {
  const unfinished = jobs.filter(isUnfinished);
  const [first] = unfinished;
  if (!first) return "";
  const text = unfinished.length === 1 ? first.text : describeTray(jobs).count;
  return `${averagePercent(unfinished)} % ${text}`;
}

/**
 * Return state, speed and time left of an unfinished job.
 * @param {LiveJob} job
 */
export function describeNumbers(job) {
  if (job.stopping) return gettext("Cancelling …");
  if (job.state === "queued") return gettext("Waiting");
  const parts = [formatPercent(job.percent)];
  if (job.rate) parts.push(`${formatBytes(job.rate)}/s`);
  if (job.seconds_left !== null) parts.push(describeTimeLeft(job.seconds_left));
  return parts.join(" · ");
}
