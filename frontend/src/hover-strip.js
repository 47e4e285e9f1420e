// Posters that show the video's pictures while the pointer moves across them.

/** Handle the posters of the page, also those that come later. They have the attributes of a strip: a sheet of tiles. */
export function connectHoverStrips() {
  document.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" || !(event.target instanceof Element)) return;
    /** @type {HTMLElement | null} */
    const poster = event.target.closest("[data-strip]");
    if (poster) show(poster, event.clientX);
  });
}

/**
 * @param {HTMLElement} poster
 * @param {number} x
 */
function show(poster, x) {
  const columns = Number(poster.dataset.columns);
  const count = Number(poster.dataset.count);
  const { left, width } = poster.getBoundingClientRect();
  const tile = Math.min(count - 1, Math.max(0, Math.floor(((x - left) / width) * count)));
  const rows = Math.ceil(count / columns);
  const sheet = poster.querySelector(".poster-strip") ?? addSheet(poster);
  if (!(sheet instanceof HTMLElement)) return;
  sheet.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
  sheet.style.backgroundPosition = `${place(tile % columns, columns)} ${place(Math.floor(tile / columns), rows)}`;
}

/**
 * @param {number} index
 * @param {number} count
 */
const place = (index, count) => `${count > 1 ? (index / (count - 1)) * 100 : 0}%`;

/** @param {HTMLElement} poster */
function addSheet(poster) {
  const sheet = document.createElement("span");
  sheet.className = "poster-strip";
  sheet.style.backgroundImage = `url("${poster.dataset.strip}")`;
  poster.querySelector("img")?.after(sheet);
  return sheet;
}
