// One job in the tray.

import { create, icon } from "../dom.js";
import { gettext } from "../i18n.js";
import { isolateQuoted } from "../text-direction.js";
import { describeNumbers } from "./describe-jobs.js";

/** @import { LiveJob } from "../live.js" */

/**
 * Show new numbers in an item; return null where it has to be made again.
 * @param {HTMLElement | null} item
 * @param {LiveJob} job
 */
export function updateItem(item, job) {
  if (!item || item.dataset.shape !== shapeOf(job)) return null;
  const bar = item.querySelector("progress");
  const numbers = item.querySelector("[data-numbers]");
  if (bar) bar.value = job.percent;
  if (numbers) numbers.textContent = describeNumbers(job);
  return item;
}

/** What an item consists of: all that does not change while a job runs. @param {LiveJob} job */
const shapeOf = (job) => [job.state, job.stopping, job.text, job.finished_at, job.action?.url].join(" ");

/** @param {LiveJob} job */
export function createItem(job) {
  const item = create("li", `tray-item ${job.finished_at === null ? "running" : job.level}`);
  item.dataset.code = job.code;
  item.dataset.shape = shapeOf(job);
  const main = create("div", "tray-main");
  const link = create("a", "tray-title", job.text);
  link.href = (job.level !== "bad" && job.session_url) || job.url;
  main.append(link);
  if (job.finished_at === null) main.append(createBar(job), createNumbers(job));
  else main.append(create("p", "muted small-text wrap", job.title));
  if (job.detail)
    main.append(
      create("p", `small-text wrap ${job.level === "bad" ? "bad-text" : "muted"}`, isolateQuoted(job.detail)),
    );
  item.append(main, ...createControls(job));
  return item;
}

/** @param {LiveJob} job */
function createBar(job) {
  const bar = create("progress", "slim");
  bar.max = 100;
  bar.value = job.percent;
  bar.setAttribute("aria-label", job.text);
  return bar;
}

/** @param {LiveJob} job */
function createNumbers(job) {
  const numbers = create("p", "muted small-text", describeNumbers(job));
  numbers.dataset.numbers = "";
  return numbers;
}

/**
 * @param {LiveJob} job
 * @returns {HTMLElement[]}
 */
function createControls(job) {
  if (job.cancel) {
    const button = createButton("icon-button", job.cancel);
    button.setAttribute("aria-label", gettext("Cancel: %(text)s", { text: job.text }));
    button.append(icon("close"));
    return [button];
  }
  if (job.retry) {
    const button = createButton("button small", job.retry);
    button.append(icon("retry"), gettext("Try again"));
    return [button];
  }
  if (!job.action) return [];
  const link = create("a", "button small", job.action.label);
  link.href = job.action.url;
  if (job.action.download) link.download = "";
  return [link];
}

/**
 * @param {string} className
 * @param {string} url
 */
function createButton(className, url) {
  const button = create("button", className);
  button.type = "button";
  button.dataset.act = url;
  return button;
}
