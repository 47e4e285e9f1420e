// The page that imports: one ZIP, sent part by part, then a job reads it.
import { watch } from "./files.js";
import { bytes } from "./format.js";
import { Refusal, call } from "./http.js";
import { Meter } from "./meter.js";
import { Uploader, isCancelled } from "./uploader.js";

const form = document.getElementById("import");
const { urls } = JSON.parse(document.getElementById("import-settings").textContent);
const part = (name) => form.querySelector(`[data-part="${name}"]`);
const show = (name, isShown) => { part(name).hidden = !isShown; };

const meter = new Meter(part("meter"));
let chosen = null;
let uploader = null;
let isBusy = false;

function choose(list) {
  if (isBusy) return;
  const [item] = list;
  complain(null);
  if (list.length > 1) return complain(new Refusal(400, { message: "Choose one ZIP. Several are imported one after another." }));
  if (!/\.zip$/i.test(item.path)) return complain(new Refusal(400, { message: `“${item.file.name}” is not a ZIP. To save single files or a folder, make a new session.` }));
  chosen = { file: item.file, path: item.file.name };
  uploader = null;
  part("chosen-name").textContent = chosen.path;
  part("chosen-size").textContent = bytes(chosen.file.size);
  show("chosen", true);
  for (const name of ["submit", "check"]) part(name).disabled = false;
  form.elements.name.placeholder = chosen.path.replace(/\.zip$/i, "").replace(/_export( ?\(\d+\))?$/, "");
  return undefined;
}

async function send(url) {
  busy(true);
  complain(null);
  try {
    uploader ??= new Uploader([chosen], { urls, onChange: () => meter.show(uploader.sent, uploader.total) });
    show("meter", true);
    meter.show(uploader.sent, uploader.total);
    if (!(await uploader.run())) throw new Refusal(0, { message: `${uploader.failed[0].error} What has arrived is kept: press Import to go on.` });
    const answer = await call("POST", url, { upload: uploader.codes[0], name: form.elements.name.value });
    uploader = null;
    location.assign(answer.url);
  } catch (error) {
    if (uploader?.aborter.signal.aborted) uploader = null; // the next try begins anew
    if (!isCancelled(error)) complain(error);
  } finally {
    busy(false);
  }
}

function busy(value) {
  isBusy = value;
  part("zone").inert = value;
  for (const name of ["submit", "check"]) show(name, !value);
  show("cancel", value);
}

function complain(error) {
  show("error", error !== null);
  if (error === null) return;
  part("error-text").textContent = error instanceof Refusal ? error.message : "Something went wrong in this page. Reload it and try again.";
  if (!(error instanceof Refusal)) throw error;
}

watch(part("zone"), choose);
form.addEventListener("submit", (event) => { event.preventDefault(); if (chosen && !isBusy) send(event.submitter?.value === "check" ? urls.check : urls.import); });
part("cancel").addEventListener("click", async () => {
  const running = uploader;
  uploader = null;
  show("meter", false);
  await running?.cancel();
});
addEventListener("beforeunload", (event) => { if (isBusy && uploader) event.preventDefault(); });
