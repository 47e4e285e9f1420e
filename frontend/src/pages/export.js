// The page that chooses what a ZIP holds: says how much that is before anything is made.
import { bytes, files as counted } from "../format.js";

const form = document.getElementById("export");
const parts = JSON.parse(document.getElementById("export-parts").textContent);
const place = (name) => form.querySelector(`[data-part="${name}"]`);
const ticked = (name) => new Set(Array.from(form.querySelectorAll(`[name="${name}"]:checked`), (box) => box.value));
const hasLanguages = form.querySelector('[name="language"]') !== null;

function show() {
  const isHistory = form.elements.what.value === "history";
  const categories = ticked("category");
  const languages = ticked("language");
  const chosen = parts.filter((part) => categories.has(part.category) && (part.language === "" || languages.has(part.language)));
  const count = chosen.reduce((sum, part) => sum + part.file_count, 0);
  const missing = categories.size === 0 ? "Choose at least one category." : hasLanguages && languages.size === 0 ? "Choose at least one language." : count === 0 ? "No file is selected." : "";
  const problem = isHistory ? "" : missing;
  place("parts").hidden = isHistory;
  place("sum").hidden = isHistory;
  place("sum").classList.toggle("bad", problem !== "");
  place("files").textContent = problem || counted(count);
  place("bytes").textContent = problem ? "" : bytes(chosen.reduce((sum, part) => sum + part.size, 0));
  place("submit").disabled = problem !== "";
  point(place("download"), problem === "");
}

// A link, not a second button: what the form says goes into the address, but for the token that guards it.
function point(link, isReady) {
  const query = new URLSearchParams(new FormData(form));
  query.delete("csrfmiddlewaretoken");
  if (isReady) link.href = `${link.dataset.address}?${query}`;
  else link.removeAttribute("href");
  link.setAttribute("aria-disabled", String(!isReady));
}

form.addEventListener("change", show);
show(); // a browser that goes back brings the ticks back
