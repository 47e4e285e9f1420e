// The page of a session.
import { connectChangeFolds } from "../change-fold.js";
import { find } from "../dom.js";
import { connectFileList } from "../file-list.js";
import { connectFilePreviews } from "../file-previews.js";
import { suggestLanguages } from "../languages.js";
import { checkNow } from "../live.js";
import { connectNameEditor } from "../name-editor.js";
import { RegionRefresher } from "../region-refresher.js";
import { connectSessionUpdates } from "../session-updates.js";
import { connectShareLink } from "../share-link.js";
import { connectTranscriptPanel } from "../transcript-panel.js";

/** @param {ParentNode} root */
function connectRegions(root) {
  connectChangeFolds(root);
  connectTranscriptPanel(root);
}

/**
 * Lines without a player that uses them: show the first ones as a table.
 * @param {HTMLElement} region
 */
function showPlainLines(region) {
  const lines = region.querySelector("#player-lines");
  const panel = region.querySelector("[data-transcript]");
  if (!lines || !(panel instanceof HTMLElement)) return;
  lines.remove();
  const page = region.querySelector(".section-head a");
  if (page instanceof HTMLAnchorElement) panel.dataset.transcript = `${page.href}?part=1`;
}

const regions = new RegionRefresher();
connectFilePreviews(document);
connectFileList(find(document, "#files"));
connectNameEditor(document, { onRename: checkNow });
connectSessionUpdates(document, regions);
connectShareLink(document, { onShare: () => regions.refresh(["shares", "activity"]) });
connectRegions(document);
suggestLanguages(document);
document.addEventListener("region-refreshed", ({ target }) => {
  if (!(target instanceof HTMLElement)) return;
  if (target.id === "files") connectFileList(target);
  else {
    if (target.id === "transcript" && !document.getElementById("player")) showPlainLines(target);
    connectRegions(target);
  }
});
