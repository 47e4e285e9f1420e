// The page that imports: upload ZIPs, and have a job read each.

import { ApiError, fillUrl, isAbortError, request } from "../api.js";
import { create, readJson, refsOf } from "../dom.js";
import { connectDropZone } from "../drop-zone.js";
import { showMessage } from "../error-message.js";
import { formatBytes, showInvisible, sum } from "../format.js";
import { gettext, ngettext } from "../i18n.js";
import { UploadController } from "../upload/upload-controller.js";

/** @import { ChosenFile } from "../upload/upload-item.js" */

const ZIP = /\.zip$/i;
/** Names that are listed; the others are counted. */
const MAX_NAMES = 10;
const PART = /\.(zip\.\d{3,}|z\d{2,})$/i;
/** Codes for an upload that the server does not have any more. */
const LOST_UPLOAD = ["not_found", "upload_deleted", "upload_incomplete"];

const form = /** @type {HTMLFormElement} */ (document.getElementById("import"));
const ref = refsOf(form);
const name = /** @type {HTMLInputElement} */ (form.elements.namedItem("name"));
const { urls } = readJson("import-settings");
const controller = new UploadController(form, { urls, onCancel: () => controller.setBusy(false) });
/** @type {ChosenFile[]} */
let chosen = [];
/** @type {string[]} codes of the jobs that have been started for the chosen ZIPs */
let jobs = [];
let target = urls.createImport;

/** @param {ChosenFile[]} files */
function choose(files) {
  if (controller.isBusy || !files.length) return;
  ref("error").hidden = true;
  const zips = files.filter(({ file }) => ZIP.test(file.name));
  const other = files.find(({ file }) => !ZIP.test(file.name));
  if (other) showError(new ApiError(400, { detail: describeRefusal(showInvisible(other.file.name)) }));
  if (!zips.length) return;
  chosen = zips.map(({ file }) => ({ file, path: file.name }));
  jobs = [];
  controller.reset();
  showChosen();
}

/** @param {string} fileName */
function describeRefusal(fileName) {
  if (PART.test(fileName))
    return gettext("“%(name)s” is one part of a split archive. Join the parts first.", { name: fileName });
  return gettext("“%(name)s” is not a ZIP. To save single files or a folder, create a new session.", {
    name: fileName,
  });
}

function showChosen() {
  const [first, ...others] = chosen.map(({ file }) => file);
  if (!first) return;
  ref("chosen-name").textContent = others.length
    ? ngettext("%(count)s ZIP", "%(count)s ZIPs", chosen.length)
    : showInvisible(first.name);
  ref("chosen-size").textContent = formatBytes(sum(chosen.map(({ file }) => file.size)));
  ref("chosen").hidden = false;
  showNames(others.length ? chosen : []);
  for (const button of ["submit", "preview"]) ref(button, HTMLButtonElement).disabled = false;
  name.disabled = others.length > 0;
  if (others.length) name.value = "";
  const derived = first.name.replace(/\.zip$/i, "").replace(/_export( ?\(\d+\))?$/, "");
  name.placeholder = others.length ? gettext("Each session has the name of its ZIP") : derived;
}

/** @param {ChosenFile[]} files */
function showNames(files) {
  const lines = files.slice(0, MAX_NAMES).map(({ file }) => {
    const line = create("li", "wrap", showInvisible(file.name));
    line.dir = "auto";
    return line;
  });
  const rest = files.length - lines.length;
  if (rest) lines.push(create("li", "", ngettext("… and %(count)s file more.", "… and %(count)s files more.", rest)));
  ref("chosen-names").replaceChildren(...lines);
  ref("chosen-names").hidden = !lines.length;
}

/**
 * Upload the ZIPs one after another and start a job with each.
 * @param {string} url
 */
async function start(url) {
  controller.setBusy(true);
  ref("error").hidden = true;
  try {
    while (chosen[0]) {
      const uploader = await controller.upload([chosen[0]]);
      if (!uploader) return; // it failed
      const body = { upload: uploader.uploads[0], name: name.value };
      const job = await uploader.retrier.run(() => request("POST", url, body));
      jobs.push(job.code);
      chosen.shift();
      if (chosen.length) {
        await uploader.finish();
        controller.reset();
      }
    }
    const [job, another] = jobs;
    await controller.leave(job && !another ? `${fillUrl(urls.job, job)}?then=session` : urls.jobs);
  } catch (error) {
    if (error instanceof ApiError && LOST_UPLOAD.includes(error.code)) controller.uploader?.invalidate();
    if (!isAbortError(error)) showError(error);
  } finally {
    controller.setBusy(false);
  }
}

/** @param {unknown} error */
function showError(error) {
  ref("error").hidden = false;
  showMessage(ref("error-text"), error);
  if (!(error instanceof ApiError)) throw error;
}

connectDropZone(ref("drop-zone"), choose);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!chosen.length || controller.isBusy) return;
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (button?.dataset.ref !== "retry") target = button?.value === "preview" ? urls.previewImport : urls.createImport;
  start(target);
});
