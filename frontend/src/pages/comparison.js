// The comparison of two versions: filter and page its list of files, unfold the lines of texts.
import { connectChangeFolds, fetchPart } from "../change-fold.js";
import { nameLanguages } from "../languages.js";

connectChangeFolds(document);

// The event does not bubble, and the folds of later pages of the list do not exist yet.
document.addEventListener(
  "toggle",
  async (event) => {
    const fold = event.target;
    if (!(fold instanceof HTMLDetailsElement) || !fold.open || !fold.dataset.part) return;
    const address = fold.dataset.part;
    delete fold.dataset.part; // loaded once
    const part = await fetchPart(address);
    if (part.querySelector(".lines-words") === null) fold.dataset.part = address;
    for (const each of [...fold.children].slice(1)) each.remove();
    fold.append(part);
    nameLanguages(fold);
  },
  true,
);
