// Media, images and texts of a table of files, shown below the row of the file. Without this script its link opens a new tab.

import { create } from "./dom.js";
import { gettext } from "./i18n.js";

const FAILED = gettext("The file cannot be shown. Check your connection, or download the file.");
/** Bytes that the portal sends of a text: sessions_app/http/text_previews.py. */
const TEXT_BYTES = 128 * 1024;

/** @param {Document} root */
export function connectFilePreviews(root) {
  root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    /** @type {HTMLAnchorElement | null} */
    const link = target.closest("a[data-player]");
    const row = link?.closest("tr");
    if (!link || !row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const isOpen = row.classList.contains("has-player");
    /** @type {NodeListOf<HTMLTableRowElement>} */
    const openRows = root.querySelectorAll("tr.has-player");
    for (const other of openRows) close(other);
    if (!isOpen) open(row, link);
    link.setAttribute("aria-expanded", String(!isOpen));
  });
}

/** @param {HTMLTableRowElement} row */
function close(row) {
  const player = row.nextElementSibling;
  /** @type {HTMLMediaElement | null | undefined} */
  const media = player?.querySelector("audio, video");
  media?.pause();
  player?.remove();
  row.classList.remove("has-player");
  row.querySelector("a[data-player]")?.setAttribute("aria-expanded", "false");
}

/**
 * @param {HTMLTableRowElement} row
 * @param {HTMLAnchorElement} link
 */
function open(row, link) {
  const cell = create("td");
  cell.colSpan = row.cells.length;
  cell.append(createPreview(link, row.querySelector(".file-name summary")?.textContent?.trim() ?? ""));
  const player = create("tr", "player-row");
  player.append(cell);
  row.after(player);
  row.classList.add("has-player");
}

/**
 * @param {HTMLAnchorElement} link
 * @param {string} fileName
 */
function createPreview(link, fileName) {
  switch (link.dataset.player) {
    case "image": {
      const image = create("img");
      image.src = link.href;
      image.alt = fileName;
      replaceFailed(image);
      return image;
    }
    case "text":
      return createTextPreview(link, fileName);
    default: {
      const media = create(link.dataset.player === "audio" ? "audio" : "video");
      media.src = link.href;
      media.controls = true;
      media.preload = "none";
      media.ariaLabel = fileName;
      // Another player on the page stops; this event is the player's contract.
      document.dispatchEvent(new CustomEvent("player:pause", { detail: {} }));
      replaceFailed(media);
      media.play().catch(() => {}); // its error is shown in its place
      return media;
    }
  }
}

/**
 * Replace what the browser cannot show by a sentence; what has played already keeps its place.
 * @param {HTMLImageElement | HTMLMediaElement} element
 */
function replaceFailed(element) {
  element.addEventListener("error", () => {
    if (element instanceof HTMLMediaElement && element.error?.code === MediaError.MEDIA_ERR_NETWORK) return;
    const sentence = create("p", "bad-text small-text", gettext("The browser cannot show this file."));
    sentence.setAttribute("role", "alert");
    element.replaceWith(sentence);
  });
}

/**
 * @param {HTMLAnchorElement} link
 * @param {string} fileName
 */
function createTextPreview(link, fileName) {
  const box = create("div", "text-preview");
  const text = create("pre", "", gettext("Loading…"));
  text.tabIndex = 0;
  text.dir = "auto";
  text.setAttribute("role", "region");
  text.ariaLabel = fileName;
  box.append(text);
  loadText(link.href).then(
    (loaded) => {
      text.textContent = loaded;
      if (Number(link.dataset.size) > TEXT_BYTES)
        box.append(
          create("p", "muted small-text", gettext("This is the beginning. Download the file to read all of it.")),
        );
    },
    () => text.replaceWith(create("p", "bad-text small-text", FAILED)),
  );
  return box;
}

/** @param {string} url */
async function loadText(url) {
  const response = await fetch(url);
  // After a sign-out the response is the sign-in page, which is not the file.
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  return response.text();
}
