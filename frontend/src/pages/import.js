// The page that imports: upload a ZIP, then have a job read it.
import { ApiError, fillUrl, isAbortError, request } from "../api.js";
import { readJson, refsOf } from "../dom.js";
import { connectDropZone } from "../drop-zone.js";
import { showMessage } from "../error-message.js";
import { formatBytes } from "../format.js";
import { UploadController } from "../upload/upload-controller.js";

/** @import { ChosenFile } from "../upload/upload-item.js" */

const SEVERAL = "Choose one ZIP. Several are imported one after another.";
/** Codes for an upload that the server does not have any more. */
const LOST_UPLOAD = ["not_found", "upload_deleted", "upload_incomplete"];

const form = /** @type {HTMLFormElement} */ (document.getElementById("import"));
const ref = refsOf(form);
const name = /** @type {HTMLInputElement} */ (form.elements.namedItem("name"));
const { urls } = readJson("import-settings");
const controller = new UploadController(form, { urls, onCancel: () => controller.setBusy(false) });
/** @type {ChosenFile | null} */
let chosen = null;
let target = urls.createImport;

/** @param {ChosenFile[]} files */
function choose(files) {
  const [first, ...others] = files;
  if (controller.isBusy || !first) return;
  ref("error").hidden = true;
  const fileName = first.file.name;
  if (others.length) {
    showError(new ApiError(400, { detail: SEVERAL }));
  } else if (!/\.zip$/i.test(fileName)) {
    const detail = `“${fileName}” is not a ZIP. To save single files or a folder, create a new session.`;
    showError(new ApiError(400, { detail }));
  } else {
    chosen = { file: first.file, path: fileName };
    controller.reset();
    showChosen(first.file);
  }
}

/** @param {File} file */
function showChosen(file) {
  ref("chosen-name").textContent = file.name;
  ref("chosen-size").textContent = formatBytes(file.size);
  ref("chosen").hidden = false;
  for (const button of ["submit", "preview"]) ref(button, HTMLButtonElement).disabled = false;
  name.placeholder = file.name.replace(/\.zip$/i, "").replace(/_export( ?\(\d+\))?$/, "");
}

/**
 * Upload the ZIP and start a job with it.
 * @param {ChosenFile} file
 * @param {string} url
 */
async function start(file, url) {
  controller.setBusy(true);
  ref("error").hidden = true;
  try {
    const uploader = await controller.upload([file]);
    if (!uploader) return; // it failed
    const body = { upload: uploader.uploads[0], name: name.value };
    const job = await uploader.retrier.run(() => request("POST", url, body));
    await controller.leave(fillUrl(urls.job, job.code));
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
  if (!chosen || controller.isBusy) return;
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (button?.dataset.ref !== "retry") target = button?.value === "preview" ? urls.previewImport : urls.createImport;
  start(chosen, target);
});
