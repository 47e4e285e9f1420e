// The page that saves: choose files, see where they go, send them, save them as a version.
import { watch } from "../files.js";
import { files as counted, bytes } from "../format.js";
import { Refusal, call, isCancelled } from "../http.js";
import { Sending } from "../sending.js";
import { Sorting } from "../sorting.js";

const form = document.getElementById("save");
const { urls, session: known } = JSON.parse(document.getElementById("save-settings").textContent);
const part = (name) => form.querySelector(`[data-part="${name}"]`);
const show = (name, isShown) => { part(name).hidden = !isShown; };
const keyOf = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const LOST = ["blob_missing", "upload_deleted", "upload_incomplete", "not_found"]; // what was thought to be there is not

let session = known; // {code, parent}; for a new one made by the first save
let items = [];
let sendable = [];

const sorting = new Sorting(part("sorting"), {
  onRemove: (path) => { if (!sending.isBusy) choose(items.filter((item) => item.path !== path)); },
});
const sending = new Sending(form, {
  urls,
  onChange: (item) => sorting.update(item),
  onCancel: async () => {
    busy(false);
    await choose(items);
    note("Cancelled. Nothing was saved.");
  },
});

// ---- Choosing ----

async function choose(list) {
  items = list;
  sending.forget();
  complain(null);
  show("sorting", items.length > 0);
  part("summary").textContent = items.length ? `${counted(items.length)}, ${bytes(items.reduce((sum, item) => sum + item.file.size, 0))}` : "";
  sendable = [];
  label();
  if (!items.length) return;
  try {
    const sorted = await call("POST", urls.sort, { paths: items.map((item) => item.path), session: known?.code ?? null, rooted: false });
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
  if (sending.isBusy) return;
  const paths = new Set(list.map((item) => item.path));
  choose([...items.filter((item) => !paths.has(item.path)), ...list]);
}

function label() {
  const isEmpty = items.length === 0;
  part("submit-words").textContent = known ? "Save new version" : isEmpty ? "Create empty session" : "Save session";
  part("submit").disabled = sending.isBusy || (known !== null && isEmpty) || (!isEmpty && sendable.length === 0);
}

// ---- Saving ----

async function save() {
  busy(true);
  complain(null);
  show("notice", false);
  try {
    if (!known && !form.elements.name.value.trim()) await suggest();
    if (sendable.length && !(await bring())) return;
    if (!session) await begin();
    await sending.leave(sendable.length ? await finish() : urls.session.replace(urls.placeholder, session.code));
  } catch (error) {
    if (!isCancelled(error)) complain(error);
  } finally {
    busy(false);
  }
}

async function bring() {
  sorting.lock(sendable);
  if (!(await sending.bring(sendable))) return false;
  sending.enter("saving");
  return true;
}

// Once, however often it is asked for: the name may be corrected, the connection may break.
const asked = new Map();
function once(url, body) {
  const request = `${url} ${JSON.stringify(body)}`;
  if (!asked.has(request)) asked.set(request, keyOf());
  return sending.uploader ? sending.uploader.patience.run(() => call("POST", url, body, { key: asked.get(request) })) : call("POST", url, body, { key: asked.get(request) });
}

async function begin() {
  const wanted = form.elements.name.value;
  const made = await once(urls.create, { name: wanted });
  session = { code: made.code, parent: 0 };
  form.elements.name.value = made.name;
  form.elements.name.readOnly = true;
  part("auto-name").disabled = true;
  if (made.name !== wanted.trim()) {
    const told = `You have a session with that name already, so this one is named “${made.name}”.`;
    note(told);
    sessionStorage.setItem("notice", told);
  }
}

async function finish() {
  const { uploads, blobs } = sending.uploader;
  try {
    const job = await once(urls.save.replace(urls.placeholder, session.code), {
      parent: session.parent,
      message: form.elements.message.value,
      replace: form.elements.mode?.value === "replace",
      uploads,
      blobs,
      rooted: false,
    });
    return urls.job.replace(urls.placeholder, job.code);
  } catch (error) {
    if (LOST.includes(error.code)) sending.uploader.doubt();
    throw error;
  }
}

// ---- Telling ----

function busy(value) {
  sending.busy(value);
  part("clear").disabled = value;
  label();
}

function note(sentence) {
  part("notice-text").textContent = sentence;
  show("notice", true);
}

function complain(error) {
  show("error", error !== null);
  if (error === null) return;
  const isConflict = error instanceof Refusal && error.code === "conflict";
  part("error-text").textContent = error instanceof Refusal ? error.message : "Something went wrong in this page. Reload it and try again.";
  show("conflict", isConflict && error.told.current !== undefined);
  if (isConflict) {
    part("conflict-number").textContent = error.told.current;
    part("conflict-link").href = urls.session.replace(urls.placeholder, session.code);
    part("on-top").onclick = () => { session.parent = error.told.current; save(); };
  }
  part("error").scrollIntoView({ block: "nearest" });
  if (!(error instanceof Refusal)) throw error;
}

async function suggest() {
  const video = items.find((item) => /\.(mp4|mkv|mov|avi|webm|m4v|mpe?g|ts|wmv|flv)$/i.test(item.path) && !/(^|\/)(final|mixed)_videos\//.test(item.path));
  const query = video ? `?video_filename=${encodeURIComponent(video.file.name)}` : "";
  try {
    form.elements.name.value = (await call("GET", urls.autoName + query)).name;
  } catch (error) {
    complain(error);
  }
}

watch(part("zone"), add);
form.addEventListener("submit", (event) => { event.preventDefault(); if (!sending.isBusy) save(); });
part("clear").addEventListener("click", () => { if (!sending.isBusy) { sending.forget({ isDiscarded: true }); choose([]); } });
form.querySelector('[data-part="auto-name"]')?.addEventListener("click", suggest);
label();
