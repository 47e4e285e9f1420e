// The page of a session: play or show a file below its row (without this script the link opens it in a new tab), and select files
// whose labels are to be corrected.
import { connectChangeFolds } from "../change-fold.js";
import { create, find } from "../dom.js";
import { suggestLanguages } from "../languages.js";
import { connectRowSelection } from "../row-selection.js";
import { connectTranscriptPanel } from "../transcript-panel.js";

/** @param {HTMLTableRowElement} row */
function close(row) {
  const player = row.nextElementSibling;
  /** @type {HTMLMediaElement | null | undefined} */
  const media = player?.querySelector("audio, video");
  media?.pause();
  player?.remove();
  row.classList.remove("has-player");
}

/**
 * @param {HTMLTableRowElement} row
 * @param {HTMLAnchorElement} link
 */
function open(row, link) {
  const cell = create("td");
  cell.colSpan = row.cells.length;
  cell.append(createPlayer(link, row.querySelector(".file-name")?.textContent?.trim() ?? ""));
  const player = create("tr", "player-row");
  player.append(cell);
  row.after(player);
  row.classList.add("has-player");
}

/**
 * @param {HTMLAnchorElement} link
 * @param {string} fileName
 */
function createPlayer(link, fileName) {
  if (link.dataset.player === "image") {
    const image = create("img");
    image.src = link.href;
    image.alt = fileName;
    return image;
  }
  const media = create(link.dataset.player === "audio" ? "audio" : "video");
  media.src = link.href;
  media.controls = true;
  media.preload = "none";
  media.play().catch(() => {}); // the controls show that the browser cannot decode the file
  return media;
}

const labels = document.getElementById("labels");
if (labels) {
  connectRowSelection(labels, {
    name: "paths",
    onChange: (count, total) => {
      const scope = labels.querySelector("[data-scope]");
      if (scope instanceof HTMLElement) scope.hidden = count < total;
      if (count < total) find(labels, "[name=scope]", HTMLInputElement).checked = false;
    },
  });
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  /** @type {HTMLAnchorElement | null} */
  const link = target.closest("a[data-player]");
  const row = link?.closest("tr");
  if (!link || !row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const isOpen = row.classList.contains("has-player");
  /** @type {NodeListOf<HTMLTableRowElement>} */
  const openRows = document.querySelectorAll("tr.has-player");
  for (const other of openRows) close(other);
  if (!isOpen) open(row, link);
  link.setAttribute("aria-expanded", String(!isOpen));
});

suggestLanguages(document);
connectChangeFolds(document);
connectTranscriptPanel(document);
