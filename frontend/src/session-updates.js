// The page of a session while others work on it: new versions, names, read texts and jobs appear without a reload.

import { create, find } from "./dom.js";
import { gettext } from "./i18n.js";
import { subscribe } from "./live.js";
import { isInUse, refreshRegions } from "./live-regions.js";
import { renameInTitle } from "./page-title.js";

/** @typedef {import("./live.js").LiveState} LiveState */
/** @typedef {import("./live.js").LiveSession} LiveSession */

/** Regions that never contain something unsaved. */
const FOLLOWING = ["jobs", "versions", "shares", "activity", "about"];
const READING = ["matrix", "transcript", "facts"];
const ALL = [...FOLLOWING, ...READING, "title", "files", "languages", "voices"];

/** @param {Document} root */
export function connectSessionUpdates(root) {
  const notice = root.querySelector("#update-notice");
  if (!(notice instanceof HTMLElement)) return;
  let shown = Number(notice.dataset.version);
  let digest = notice.dataset.digest ?? "";
  const isPast = notice.dataset.past !== undefined;

  subscribe(async ({ session, jobs }, previous) => {
    if (!session) return showDeleted(notice);
    followName(previous?.session?.name ?? session.name, session.name);
    const isChanged = session.digest !== digest;
    digest = session.digest;
    if ((session.version ?? 0) > shown) {
      const state = isPast ? "offered" : await showVersion(root);
      offerVersion(notice, session, { state, previous: shown, isPast });
      shown = session.version ?? shown;
      return;
    }
    if (isChanged) await refreshRegions(withoutPlayer(root, [...READING, ...FOLLOWING, "title"]));
    else if (hasOtherJobs(previous, { jobs, session })) await refreshRegions(["jobs", "shares", "activity"]);
  });
}

/**
 * @param {string} previous
 * @param {string} name
 */
function followName(previous, name) {
  if (previous !== name) renameInTitle(previous, name);
}

/**
 * Show a new version. Forms of one version must not stand beside lists of another one: all regions change, or only those that merely
 * list.
 * @param {Document} root
 * @returns {Promise<"offered" | "shown" | "played">} whether all changed, or all but what the player plays
 */
async function showVersion(root) {
  const names = withoutPlayer(root, ALL);
  const isFree = names.every((name) => {
    const region = root.querySelector(`[data-region="${name}"]`);
    return !region || !isInUse(region);
  });
  const remaining = await refreshRegions(isFree ? names : FOLLOWING);
  if (!isFree || remaining.length > 0) return "offered";
  return root.querySelector("#player") ? "played" : "shown";
}

/**
 * Leave out the lines beside the player: both play the version that they were loaded with.
 * @param {Document} root
 * @param {string[]} names
 */
function withoutPlayer(root, names) {
  const hasLines = root.querySelector('[data-region="transcript"] #player-lines') !== null;
  return hasLines ? names.filter((name) => name !== "transcript") : names;
}

/**
 * Return whether jobs began or ended since the last state, or since the page was loaded.
 * @param {LiveState | null} previous
 * @param {{jobs: LiveState["jobs"], session: LiveSession}} current
 */
function hasOtherJobs(previous, { jobs, session }) {
  if (previous) return describeJobs(previous, session) !== describeJobs({ jobs }, session);
  /** @type {NodeListOf<HTMLElement>} */
  const found = document.querySelectorAll("[data-job-runs]");
  const rows = [...found];
  const running = jobs.filter((job) => job.finished_at === null);
  return (
    rows.some((row) => !running.some(({ code }) => code === row.dataset.job)) ||
    running.some((job) => job.session === session.code && !rows.some((row) => row.dataset.job === job.code))
  );
}

/**
 * Return which jobs of the session exist, without their progress.
 * @param {{jobs: LiveState["jobs"]}} state
 * @param {LiveSession} session
 */
function describeJobs({ jobs }, session) {
  const own = jobs.filter((job) => job.session === session.code);
  return own.map((job) => `${job.code} ${job.state}`).join();
}

/**
 * @param {HTMLElement} notice
 * @param {LiveSession} session
 * @param {{state: "offered" | "shown" | "played", previous: number, isPast: boolean}} options
 */
function offerVersion(notice, session, { state, previous, isPast }) {
  const sentence = create("p", "banner-text", describeVersion(session, { state, previous }));
  const banner = create("div", "banner");
  banner.append(sentence);
  if (state !== "shown") {
    const link = create("a", "button small", gettext("Show version %(number)s", { number: session.version ?? "" }));
    link.href = isPast ? find(document, "[data-current-page]", HTMLAnchorElement).href : location.pathname;
    banner.append(link);
  }
  notice.replaceChildren(banner);
}

/**
 * @param {LiveSession} session
 * @param {{state: "offered" | "shown" | "played", previous: number}} options
 */
function describeVersion({ version, saved_by: author }, { state, previous }) {
  const values = { number: version ?? "", author };
  const named = author ? gettext("Version %(number)s by %(author)s", values) : gettext("Version %(number)s", values);
  switch (state) {
    case "offered":
      return gettext("%(version)s. Show it when you have finished what you are doing.", { version: named });
    case "shown":
      return gettext("%(version)s is shown.", { version: named });
    case "played":
      return gettext("%(version)s is shown. The player still has version %(previous)s.", { version: named, previous });
  }
}

/** @param {HTMLElement} notice */
function showDeleted(notice) {
  const banner = create("div", "banner warn");
  banner.append(
    create(
      "p",
      "banner-text",
      gettext("This session was moved to the trash. Nothing that you enter here can be saved."),
    ),
  );
  notice.replaceChildren(banner);
}
