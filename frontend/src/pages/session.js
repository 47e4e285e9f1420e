// Plays or shows a file below its row. Without this script the link opens it in a tab of its own.
const made = { audio: "audio", video: "video", image: "img" };

const close = (row) => {
  const player = row.nextElementSibling;
  player.querySelector("audio, video")?.pause();
  player.remove();
  row.classList.remove("has-player");
};

const open = (row, link) => {
  const element = document.createElement(made[link.dataset.player]);
  element.src = link.href;
  if (link.dataset.player === "image") {
    element.alt = row.querySelector(".file-name").textContent.trim();
  } else {
    element.controls = true;
    element.preload = "none";
  }
  const cell = document.createElement("td");
  cell.colSpan = row.cells.length;
  cell.append(element);
  const player = document.createElement("tr");
  player.className = "player-row";
  player.append(cell);
  row.after(player);
  row.classList.add("has-player");
  // A file that this browser cannot decode can still be downloaded; the controls say so.
  element.play?.().catch(() => {});
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-player]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const row = link.closest("tr");
  const isOpen = row.classList.contains("has-player");
  for (const other of document.querySelectorAll("tr.has-player")) close(other);
  if (!isOpen) open(row, link);
  link.setAttribute("aria-expanded", String(!isOpen));
});
