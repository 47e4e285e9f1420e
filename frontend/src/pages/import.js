// The page that imports: one ZIP, sent part by part, then a job reads it.
import { watch } from "../files.js";
import { bytes } from "../format.js";
import { Refusal, call, isCancelled } from "../http.js";
import { Sending } from "../sending.js";

const form = document.getElementById("import");
const { urls } = JSON.parse(document.getElementById("import-settings").textContent);
const part = (name) => form.querySelector(`[data-part="${name}"]`);
const show = (name, isShown) => { part(name).hidden = !isShown; };

const sending = new Sending(form, { urls, onCancel: () => busy(false) });
let chosen = null;

function choose(list) {
  if (sending.isBusy) return undefined;
  const [item] = list;
  complain(null);
  if (list.length > 1) return complain(new Refusal(400, { detail: "Choose one ZIP. Several are imported one after another." }));
  if (!/\.zip$/i.test(item.path)) return complain(new Refusal(400, { detail: `“${item.file.name}” is not a ZIP. To save single files or a folder, make a new session.` }));
  chosen = { file: item.file, path: item.file.name };
  sending.forget();
  part("chosen-name").textContent = chosen.path;
  part("chosen-size").textContent = bytes(chosen.file.size);
  show("chosen", true);
  for (const name of ["submit", "preview"]) part(name).disabled = false;
  form.elements.name.placeholder = chosen.path.replace(/\.zip$/i, "").replace(/_export( ?\(\d+\))?$/, "");
  return undefined;
}

async function send(url) {
  busy(true);
  complain(null);
  try {
    if (!(await sending.bring([chosen]))) return;
    sending.enter("saving");
    const { uploader } = sending;
    const asked = { upload: uploader.uploads[0], name: form.elements.name.value };
    const job = await uploader.patience.run(() => call("POST", url, asked));
    await sending.leave(urls.job.replace(urls.placeholder, job.code));
  } catch (error) {
    if (["not_found", "upload_deleted", "upload_incomplete"].includes(error.code)) sending.uploader?.doubt();
    if (!isCancelled(error)) complain(error);
  } finally {
    busy(false);
  }
}

function busy(value) {
  sending.busy(value);
}

function complain(error) {
  show("error", error !== null);
  if (error === null) return;
  part("error-text").textContent = error instanceof Refusal ? error.message : "Something went wrong in this page. Reload it and try again.";
  if (!(error instanceof Refusal)) throw error;
}

watch(part("zone"), choose);
let wanted = urls.import;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!chosen || sending.isBusy) return;
  if (event.submitter?.dataset.part !== "retry") wanted = event.submitter?.value === "preview" ? urls.preview : urls.import;
  send(wanted);
});
