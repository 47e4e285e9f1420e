// Choice of a part of a version: the preview follows the choices.
import { fetchPart } from "../change-fold.js";
import { find } from "../dom.js";
import { nameLanguages } from "../languages.js";

const form = find(document, "#choice", HTMLFormElement);
const preview = find(document, "#preview");
let requests = 0; // only the response to the last one is shown

form.addEventListener("change", async () => {
  requests += 1;
  const number = requests;
  const query = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  const address = `${form.action}?${query}`;
  const part = await fetchPart(address);
  if (number !== requests) return;
  preview.replaceChildren(part);
  nameLanguages(preview);
  history.replaceState(null, "", address);
});
