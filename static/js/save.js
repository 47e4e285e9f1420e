// The page that saves: choose files, see where they go, send them, save them as a version.
import { watch } from "./files.js";
import { files as counted, bytes } from "./format.js";
import { Refusal, call } from "./http.js";
import { Meter } from "./meter.js";
import { Sorting } from "./sorting.js";
import { Uploader, isCancelled } from "./uploader.js";

const form = document.getElementById("save");
const { urls, session: known } = JSON.parse(document.getElementById("save-settings").textContent);
const part = (name) => form.querySelector(`[data-part="${name}"]`);
const show = (name, isShown) => { part(name).hidden = !isShown; };

let session = known; // {code, parent}; for a new one made by the first save
let items = [];
let sendable = [];
let uploader = null;
let isBusy = false;

const sorting = new Sorting(part("sorting"), {
  onRemove: (item) => choose(items.filter((other) => other !== item)),
});
const meter = new Meter(part("meter"));

// ---- Choosing ----

async function choose(list) {
  items = list;
  complain(null);
  show("sorting", items.length > 0);
  part("summary").textContent = items.length ? `${counted(items.length)}, ${bytes(items.reduce((sum, item) => sum + item.file.size, 0))}` : "";
  sendable = [];
  label();
  if (!items.length) return;
  try {
    const sorted = await call("POST", urls.sort, { paths: items.map((item) => item.path), session: known?.code ?? "" });
    if (items !== list) return; // more files were chosen meanwhile
    const taken = new Set(sorted.files.map((place) => place.source));
    if (sorted.metadata) taken.add(sorted.metadata);
    sendable = items.filter((item) => taken.has(item.path) || taken.has(item.path.normalize("NFC")));
    sorting.show(items, sorted);
    label();
  } catch (error) {
    complain(error);
  }
}

function add(list) {
  if (isBusy) return;
  const paths = new Set(list.map((item) => item.path));
  choose([...items.filter((item) => !paths.has(item.path)), ...list]);
}

function label() {
  const isEmpty = items.length === 0;
  part("submit-words").textContent = known ? "Save new version" : isEmpty ? "Create empty session" : "Save session";
  part("submit").disabled = isBusy || (known !== null && isEmpty) || (!isEmpty && sendable.length === 0);
}

// ---- Saving ----

async function save() {
  const nameless = !known && !form.elements.name.value.trim();
  if (nameless) await suggest();
  busy(true);
  complain(null);
  show("notice", false);
  try {
    if (!session) await begin();
    if (sendable.length === 0) return leave(urls.session.replace(urls.nobody, session.code));
    if (!(await send())) return undefined;
    await finish();
  } catch (error) {
    if (uploader?.aborter.signal.aborted) uploader = null; // the next try begins anew
    if (!isCancelled(error)) complain(error);
  } finally {
    busy(false);
  }
  return undefined;
}

async function begin() {
  const made = await call("POST", urls.create, { name: form.elements.name.value });
  session = { code: made.code, parent: 0 };
  form.elements.name.value = made.name;
  form.elements.name.readOnly = true;
  part("auto-name").disabled = true;
  if (made.renamed) {
    const told = `You have a session with that name already, so this one is named “${made.name}”.`;
    part("notice-text").textContent = told;
    show("notice", true);
    sessionStorage.setItem("notice", told);
  }
}

async function send() {
  if (!uploader) {
    uploader = new Uploader(sendable, { urls, onChange: (transfer) => { sorting.update(transfer); progress(); } });
  }
  sorting.lock(uploader.transfers);
  show("meter", true);
  show("failures", false);
  progress();
  const isComplete = await uploader.run();
  progress();
  if (isComplete) return true;
  const failed = uploader.failed;
  part("failures-title").textContent = `${counted(failed.length)} could not be sent`;
  part("failures-list").replaceChildren(...failed.map((transfer) => {
    const item = document.createElement("li");
    item.textContent = `${transfer.path}: ${transfer.error}`;
    return item;
  }));
  show("failures", true);
  return false;
}

let isDrawing = false;
function progress() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    if (uploader) meter.show(uploader.sent, uploader.total);
  });
}

async function finish() {
  const mode = form.elements.mode?.value;
  const answer = await call("POST", urls.save.replace(urls.nobody, session.code), {
    parent: session.parent,
    message: form.elements.message.value,
    replace: mode === "replace",
    uploads: uploader.codes,
  });
  leave(answer.url);
}

function leave(url) {
  isBusy = false;
  uploader = null;
  location.assign(url);
}

async function cancel() {
  const running = uploader;
  uploader = null;
  show("meter", false);
  show("failures", false);
  await choose(items);
  part("notice-text").textContent = known
    ? "Cancelled. Nothing was saved."
    : `Cancelled. The session “${form.elements.name.value}” is there, and empty; you can save into it from here.`;
  show("notice", true);
  await running?.cancel();
}

// ---- Telling ----

function busy(value) {
  isBusy = value;
  part("zone").inert = value;
  show("submit", !value);
  show("cancel", value);
  part("clear").disabled = value;
  label();
}

function complain(error) {
  show("error", error !== null);
  if (error === null) return;
  if (!(error instanceof Error)) throw error;
  const isConflict = error instanceof Refusal && error.code === "conflict";
  part("error-text").textContent = error instanceof Refusal ? error.message : "Something went wrong in this page. Reload it and try again.";
  show("conflict", isConflict && error.told.current !== undefined);
  if (isConflict) {
    part("conflict-number").textContent = error.told.current;
    part("conflict-link").href = urls.session.replace(urls.nobody, session.code);
    part("on-top").onclick = () => { session.parent = error.told.current; save(); };
  }
  part("error").scrollIntoView({ block: "nearest" });
  if (!(error instanceof Refusal)) throw error;
}

async function suggest() {
  const video = items.find((item) => /\.(mp4|mkv|mov|avi|webm|m4v|mpe?g|ts|wmv|flv)$/i.test(item.path) && !/(^|\/)(final|mixed)_videos\//.test(item.path));
  const query = video ? `?video=${encodeURIComponent(video.file.name)}` : "";
  try {
    form.elements.name.value = (await call("GET", urls.autoName + query)).name;
  } catch (error) {
    complain(error);
  }
}

watch(part("zone"), add);
form.addEventListener("submit", (event) => { event.preventDefault(); if (!isBusy) save(); });
part("retry").addEventListener("click", save);
part("cancel").addEventListener("click", cancel);
part("clear").addEventListener("click", () => { if (!isBusy) { const old = uploader; uploader = null; show("meter", false); show("failures", false); choose([]); old?.cancel(); } });
form.querySelector('[data-part="auto-name"]')?.addEventListener("click", suggest);
addEventListener("beforeunload", (event) => { if (isBusy && uploader) event.preventDefault(); });
label();
