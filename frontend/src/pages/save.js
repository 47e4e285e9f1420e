// The page that saves: choose files, preview their placement, upload them, save them as a version.

import { ApiError, fillUrl, isAbortError, newKey, request } from "../api.js";
import { listChanges } from "../change-list.js";
import { find, readJson, refsOf } from "../dom.js";
import { connectDropZone } from "../drop-zone.js";
import { ExclusionList } from "../exclusion-list.js";
import { formatBytes, formatFileCount, sum } from "../format.js";
import { gettext } from "../i18n.js";
import { connectLabelBar, readCategories } from "../label-bar.js";
import { suggestLanguages } from "../languages.js";
import { connectNameCheck } from "../name-check.js";
import { PlacementTable } from "../placement-table.js";
import { acceptedFiles, describeRefused, EMPTY_PREVIEW, matchedTargets, placeFiles } from "../placements.js";
import { knownContents, readContents } from "../preview-contents.js";
import { showRecognition } from "../recognition-note.js";
import { RefusedFiles } from "../refused-files.js";
import { connectResumeCard } from "../resume-card.js";
import { SaveChoices } from "../save-choices.js";
import { SaveMessages } from "../save-messages.js";
import { connectScrollHint } from "../scroll-hint.js";
import { Comparison, describeFiles } from "../upload/comparison.js";
import { forgetUpload, rememberUpload } from "../upload/interrupted-upload.js";
import { UploadController } from "../upload/upload-controller.js";

/** @import { UnreadableItem } from "../drop-zone.js" */
/** @import { ChosenFile } from "../upload/upload-item.js" */
/** @import { PlacedFile, PlacementPreview } from "../placements.js" */
/** @import { SaveTarget } from "../save-messages.js" */
/** @import { Uploader } from "../upload/uploader.js" */

const VIDEO = /\.(mp4|mkv|mov|avi|webm|m4v|mpe?g|ts|wmv|flv)$/i;
const DUBBED_VIDEO = /(^|\/)(final|mixed)_videos\//;
/** Codes for uploads or blobs that the server does not have any more. */
const LOST_UPLOAD = ["blob_missing", "upload_deleted", "upload_incomplete", "not_found"];

const form = /** @type {HTMLFormElement} */ (document.getElementById("save"));
const ref = refsOf(form);
/**
 * session: null for a new one, which its first save creates
 * @type {{urls: any, session: SaveTarget | null}}
 */
const { urls, session } = readJson("save-settings");

/** @type {ChosenFile[]} */
let chosen = [];
/** @type {ChosenFile[]} chosen files that the server accepts */
let accepted = [];
/** @type {{placed: PlacedFile[], response: PlacementPreview}} what the server previewed last */
let previewed = { placed: [], response: EMPTY_PREVIEW };
/** @type {Record<string, string>} what files replace, with the matches of the server */
let targets = {};
let previews = 0; // requested so far; only the last one is shown
/** @type {Comparison | null} */
let comparison = null;
/** @type {{path: string, code: string}[]} chosen files that no session can hold, which the version records */
let leftOut = [];
/** @type {UnreadableItem[]} what was dropped and the browser cannot read */
let unreadable = [];
/** @type {Map<string, string>} Idempotency-Keys by request */
const keys = new Map();

const table = new PlacementTable(ref("placements"), {
  onRemove: (path) => {
    if (!controller.isBusy) choose(chosen.filter((file) => file.path !== path));
  },
  onTarget: (path, target) => {
    choices.targets.set(path, target);
    if (!controller.isBusy) update();
  },
  onRender: () => labelBar.update(),
});
const choices = new SaveChoices(readCategories(ref("placements")));
const { corrections } = choices;
const labelBar = connectLabelBar(ref("placements"), {
  onCorrect: correct,
  onWithdraw: (paths) => {
    corrections.withdraw(paths);
    update();
  },
  onError: (sentence) => messages.showNotice(sentence),
});
const controller = new UploadController(form, {
  urls,
  onItem: (item) => table.update(item),
  onCancel: async () => {
    forgetUpload();
    setBusy(false);
    await choose(chosen);
    messages.showNotice(gettext("Cancelled. Nothing was saved."));
  },
});

// ---- Choosing files ----

/** @param {ChosenFile[]} files */
async function choose(files) {
  chosen = files;
  accepted = [];
  leftOut = [];
  stopComparison();
  refused.hide();
  controller.reset();
  messages.hideError();
  ref("placements").hidden = !files.length;
  showCount(files);
  updateSubmit();
  if (files.length) return update();
  labelBar.clear();
  refused.show([], { canSave: false, unreadable });
  updateSubmit();
}

/**
 * @param {string[]} paths
 * @param {import("../label-corrections.js").LabelChange} change
 */
function correct(paths, change) {
  corrections.add(paths, change);
  showPlacements();
  update();
}

/** Show what a save of the chosen files would change. */
async function update() {
  const files = chosen;
  stopComparison();
  messages.hideError();
  try {
    let placed = await preview(files);
    if (placed && (await readContents(files, previewed.response))) placed = await preview(files);
    if (placed) await compare(files, placed);
  } catch (error) {
    if (!isAbortError(error)) messages.showError(error);
  }
}

function showPlacements() {
  const { placed, response } = previewed;
  table.show(listChanges(corrections.apply(placed), response), { hasChanges: Boolean(session?.parent) });
  showRecognition(ref("recognition"), response, {
    spoken: choices.spokenLanguage,
    onLanguage: (tag) => {
      if (controller.isBusy) return;
      choices.spokenLanguage = tag;
      update();
    },
    onSource: (path) => {
      const source = placed.find(({ placement }) => placement?.path === path);
      if (source && !controller.isBusy) correct([source.file.path], { role: "source" });
    },
  });
}

/**
 * @param {ChosenFile[]} files
 * @returns {Promise<PlacedFile[] | null>} null if other files were chosen in the meantime, or an upload has begun
 */
async function preview(files) {
  previews += 1;
  const number = previews;
  const paths = new Set(files.map((file) => file.path));
  choices.keepTargets(paths);
  /** @type {PlacementPreview} */
  const response = await request("POST", urls.placements, {
    files: describeFiles(files),
    contents: knownContents(files),
    session: session?.code ?? null,
    rooted: false,
    replace: isReplacing(),
    include_hidden: exclusions.includesHidden,
    source_language: choices.spokenLanguage,
    targets: Object.fromEntries(choices.targets),
    labels: corrections.toJson([...paths]),
    recognized: corrections.withdrawn([...paths]),
  });
  if (number !== previews || chosen !== files || controller.isBusy) return null;
  const placed = placeFiles(files, response);
  targets = matchedTargets(placed);
  accepted = acceptedFiles(placed);
  leftOut = [...unreadable.map(({ path, code }) => ({ path, code })), ...describeRefused(placed)];
  refused.show(placed, { canSave: accepted.length > 0, unreadable });
  exclusions.show(response);
  showCount(accepted);
  previewed = { placed, response };
  showPlacements();
  showSummary(placed, response);
  updateSubmit();
  return placed;
}

/**
 * Read the files whose size is that of the version, to find out which of them were changed.
 * @param {ChosenFile[]} files
 * @param {PlacedFile[]} placed
 */
async function compare(files, placed) {
  const unread = placed.filter(({ placement }) => placement?.change === "unread").map(({ file }) => file);
  if (!unread.length) return;
  const current = new Comparison(urls.hashWorker);
  comparison = current;
  await current.read(unread);
  if (comparison !== current) return;
  comparison = null;
  await preview(files);
}

function stopComparison() {
  comparison?.cancel();
  comparison = null;
}

/**
 * @param {PlacedFile[]} placed
 * @param {PlacementPreview} response
 */
function showSummary(placed, { change_summary: words }) {
  const unread = placed.filter(({ placement }) => placement?.change === "unread").map(({ file }) => file.file.size);
  const comparing = gettext("Comparing %(files)s, %(size)s, with version %(number)s …", {
    files: formatFileCount(unread.length),
    size: formatBytes(sum(unread)),
    number: session?.parent ?? "",
  });
  ref("change-summary").hidden = !session?.parent;
  ref("change-summary").textContent = unread.length ? comparing : `${words}.`;
}

/**
 * @param {ChosenFile[]} files replace those of the same paths
 * @param {UnreadableItem[]} items
 */
function addFiles(files, items) {
  if (controller.isBusy) return;
  const isChosen = (/** @type {string} */ path) => files.some((file) => file.path.startsWith(`${path}/`));
  unreadable = [...unreadable.filter(({ path }) => !isChosen(path)), ...items];
  const paths = new Set(files.map((file) => file.path));
  choose([...chosen.filter((file) => !paths.has(file.path)), ...files]);
  const difference = resumeCard.onFiles(files);
  if (difference) messages.showNotice(difference);
}

function updateSubmit() {
  const isEmpty = chosen.length === 0;
  const labelForNew = isEmpty ? gettext("Create empty session") : gettext("Save session");
  ref("submit-label").textContent = session ? gettext("Save new version") : labelForNew;
  const canSave = isEmpty ? session === null : accepted.length > 0;
  ref("submit", HTMLButtonElement).disabled = controller.isBusy || !canSave || !refused.isDecided;
}

// ---- Saving ----

/** Whether files that are not chosen are removed. */
function isReplacing() {
  const mode = form.elements.namedItem("mode");
  return mode instanceof RadioNodeList && mode.value === "replace";
}

/** @param {string} name of a control */
const input = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

async function save() {
  stopComparison(); // the upload reads the rest
  setBusy(true);
  messages.hideError();
  messages.showNotice("");
  try {
    if (!session && !input("name").value.trim()) await suggestName();
    if (!(await checkName())) return input("name").focus();
    const uploader = accepted.length ? await upload() : null;
    if (accepted.length && !uploader) return; // some failed
    const address = uploader ? await saveFiles(uploader) : await createSession();
    forgetUpload();
    await controller.leave(address);
  } catch (error) {
    if (!isAbortError(error)) messages.showError(error);
  } finally {
    setBusy(false);
  }
}

function upload() {
  const mode = form.elements.namedItem("mode");
  const fields = {
    ...(session ? {} : { name: input("name").value }),
    message: input("message").value,
    ...(exclusions.includesHidden ? { hidden: input("hidden").value } : {}),
    ...(mode instanceof RadioNodeList ? { mode: mode.value } : {}),
  };
  rememberUpload(chosen, fields, choices.remember());
  resumeCard.hide();
  table.lock(accepted);
  labelBar.update();
  return controller.upload(accepted);
}

/**
 * Send a request that the server executes once, however often it is sent.
 * @param {string} url
 * @param {object} body
 */
function requestOnce(url, body) {
  const id = `${url} ${JSON.stringify(body)}`;
  const key = keys.get(id) ?? newKey();
  keys.set(id, key);
  const send = () => request("POST", url, body, { key });
  return controller.uploader ? controller.uploader.retrier.run(send) : send();
}

/** Create an empty session; return the address of its page. */
async function createSession() {
  const name = input("name").value;
  const created = await requestOnce(urls.createSession, { name });
  if (created.name !== name.trim())
    sessionStorage.setItem(
      "notice",
      gettext("You already have a session with that name, so this one is named “%(name)s”.", { name: created.name }),
    );
  return fillUrl(urls.session, created.code);
}

/**
 * Save the uploaded files; return the address of the session. A new one is created by the job, whose page forwards to it.
 * @param {Uploader} uploader
 */
async function saveFiles(uploader) {
  const paths = accepted.map((file) => file.path);
  const files = {
    message: input("message").value,
    uploads: uploader.uploads,
    blobs: uploader.blobs,
    labels: corrections.toJson(paths),
    ...(leftOut.length ? { left_out: leftOut } : {}),
    source_language: choices.spokenLanguage,
    rooted: false,
  };
  try {
    const job = session
      ? await requestOnce(fillUrl(urls.createVersion, session.code), {
          ...files,
          parent: session.parent,
          base: session.base,
          replace: isReplacing(),
          recognized: corrections.withdrawn(paths),
          targets,
        })
      : await requestOnce(urls.saveNewSession, { ...files, name: input("name").value });
    return session ? fillUrl(urls.session, session.code) : `${fillUrl(urls.job, job.code)}?then=session`;
  } catch (error) {
    if (error instanceof ApiError && LOST_UPLOAD.includes(error.code)) uploader.invalidate();
    throw error;
  }
}

async function suggestName() {
  const video = chosen.find(({ path }) => VIDEO.test(path) && !DUBBED_VIDEO.test(path));
  const query = video ? `?${new URLSearchParams({ video_filename: video.file.name })}` : "";
  try {
    input("name").value = (await request("GET", urls.suggestName + query)).name;
  } catch (error) {
    messages.showError(error);
  }
}

// ---- Display ----

/** @param {ChosenFile[]} files */
function showCount(files) {
  const size = formatBytes(sum(files.map(({ file }) => file.size)));
  ref("summary").textContent = files.length ? `${formatFileCount(files.length)}, ${size}` : "";
}

/** @param {boolean} isBusy */
function setBusy(isBusy) {
  controller.setBusy(isBusy);
  ref("clear", HTMLButtonElement).disabled = isBusy;
  exclusions.setBusy(isBusy);
  updateSubmit();
}

for (const choice of form.querySelectorAll('[name="mode"]'))
  choice.addEventListener("change", () => {
    if (chosen.length && !controller.isBusy) update();
  });
const messages = new SaveMessages(form, { session, sessionUrl: urls.session, onSaveOnTop: save });
const exclusions = new ExclusionList(form, { onChange: () => !controller.isBusy && update() });
const refused = new RefusedFiles(form, { onSaveWithout: () => save() });
const resumeCard = connectResumeCard(form, choices);
connectDropZone(ref("drop-zone"), addFiles);
connectScrollHint(find(document, ".placements-box"));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!controller.isBusy && refused.isDecided) save();
});
ref("clear").addEventListener("click", () => {
  if (controller.isBusy) return;
  controller.reset({ isDiscarded: true });
  forgetUpload();
  unreadable = [];
  choices.clear();
  exclusions.reset();
  choose([]);
});
const checkName = session ? async () => true : connectNameCheck(input("name"), { isOptional: true });
suggestLanguages(form);
if (!session) ref("suggest-name").addEventListener("click", suggestName);
updateSubmit();
