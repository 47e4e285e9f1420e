// The page of a session while others work on it: new versions, names, read texts and jobs appear without a reload.

import { create, find } from "./dom.js";
import { gettext } from "./i18n.js";
import { subscribe } from "./live.js";
import { renameInTitle } from "./page-title.js";
import { isRegionFree } from "./region-refresher.js";
import { showToast } from "./toasts.js";

/** @typedef {import("./live.js").LiveState} LiveState */
/** @typedef {import("./live.js").LiveSession} LiveSession */
/** @typedef {import("./region-refresher.js").RegionRefresher} RegionRefresher */

/** Regions that never contain something unsaved. */
const FOLLOWING = ["jobs", "versions", "shares", "activity", "about", "tags"];
const READING = ["matrix", "transcript", "facts"];
const ALL = [...FOLLOWING, ...READING, "title", "files", "languages", "voices"];

/**
 * @param {Document} root
 * @param {RegionRefresher} regions
 */
export function connectSessionUpdates(root, regions) {
  const notice = root.querySelector("#update-notice");
  if (!(notice instanceof HTMLElement)) return;
  let shown = Number(notice.dataset.version);
  let digest = notice.dataset.digest ?? "";
  const isPast = notice.dataset.past !== undefined;
  let isBehind = false; // the forms of the page are of an older version than the current one

  subscribe(async ({ session, jobs }, previous) => {
    if (!session) return showDeleted(notice);
    followName(previous?.session?.name ?? session.name, session.name);
    const isChanged = session.digest !== digest;
    digest = session.digest;
    if ((session.version ?? 0) > shown) {
      const state = isPast ? "offered" : await showVersion(root, regions);
      isBehind = !isPast && state === "offered";
      const isReported = hasSaved(jobs, session);
      offerVersion(notice, session, { state, previous: shown, isPast, isReported });
      shown = session.version ?? shown;
      return;
    }
    if (isChanged) await regions.refresh(listChanging(root, isBehind));
    else if (hasOtherJobs(previous, { jobs, session })) await regions.refresh(["jobs", "shares", "activity"]);
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
 * Return the regions that follow a change of the session other than a new version.
 * @param {Document} root
 * @param {boolean} isBehind whether the page shows an older version than the current one, to which the rest would not fit
 */
function listChanging(root, isBehind) {
  return isBehind ? [...FOLLOWING, "title"] : withoutPlayer(root, [...READING, ...FOLLOWING, "title"]);
}

/**
 * Show a new version. Forms of one version must not stand beside lists of another one: all regions change, or only those that merely
 * list. A player that was used stays.
 * @param {Document} root
 * @param {RegionRefresher} regions
 * @returns {Promise<"offered" | "shown" | "played">} whether all changed, or all but what the player plays
 */
async function showVersion(root, regions) {
  const player = root.querySelector("#player");
  const isIdle = player instanceof HTMLElement && player.dataset.used === undefined && isRegionFree("player");
  // The player first: its successor loads the lines.
  const names = isIdle ? ["player", ...ALL] : withoutPlayer(root, ALL);
  const isFree = names.every(isRegionFree);
  const remaining = await regions.refresh(isFree ? names : FOLLOWING, { isOnly: true });
  if (!isFree || remaining.some((name) => name !== "player")) return "offered";
  return player && (!isIdle || remaining.length > 0) ? "played" : "shown";
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
 * Return whether one of the user's jobs has saved the current version: its end has a notice.
 * @param {LiveState["jobs"]} jobs
 * @param {LiveSession} session
 */
function hasSaved(jobs, { code, version }) {
  const saves = jobs.filter((job) => job.session === code && job.kind === "save");
  return saves.some((job) => job.version === version || job.finished_at === null); // the jobs may be a moment older
}

/**
 * @param {HTMLElement} notice
 * @param {LiveSession} session
 * @param {{state: "offered" | "shown" | "played", previous: number, isPast: boolean, isReported: boolean}} options
 *   isReported: the notice of the user's own save names the version
 */
function offerVersion(notice, session, { state, previous, isPast, isReported }) {
  const text = describeVersion(session, { state, previous });
  if (state === "shown") {
    notice.replaceChildren();
    if (!isReported) showToast({ text }); // in a corner: a banner would move the page under the pointer
    return;
  }
  const banner = create("div", "banner");
  const link = create("a", "button small", gettext("Show version %(number)s", { number: session.version ?? "" }));
  link.href = isPast ? find(document, "[data-current-page]", HTMLAnchorElement).href : location.pathname;
  banner.append(create("p", "banner-text", text), link);
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
