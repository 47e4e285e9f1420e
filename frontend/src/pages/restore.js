// Choice of a part of a version: the preview follows the choices.
import { connectCellSelection } from "../cell-selection.js";
import { fetchPart } from "../change-fold.js";
import { find } from "../dom.js";
import { nameLanguages } from "../languages.js";
import { refreshWhenRead } from "../reading-state.js";

const form = find(document, "#choice", HTMLFormElement);
let requests = 0; // only the response to the last one is shown

const connectMatrix = () => {
  const matrix = form.querySelector(".matrix");
  if (matrix instanceof HTMLTableElement) connectCellSelection(matrix);
};
connectMatrix();
form.addEventListener("region-refreshed", connectMatrix);
refreshWhenRead();

form.addEventListener("change", async () => {
  requests += 1;
  const number = requests;
  const query = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  const address = `${form.action}?${query}`;
  const part = await fetchPart(address);
  if (number !== requests) return;
  const preview = find(document, "#preview"); // another one after the texts were read
  preview.replaceChildren(part);
  nameLanguages(preview);
  history.replaceState(null, "", address);
});
