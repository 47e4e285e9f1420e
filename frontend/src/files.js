// Collects what people choose or drop, with its folders: a list of {file, path}.
export function chosen(input) {
  return [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

export async function dropped(transfer) {
  // The entries must be taken before the first await: afterwards the browser has emptied the list.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ file, path: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader gives a hundred entries at a time, then none.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const child of some) await walk(child, found);
  }
}

// Wires a drop zone with its file inputs; onFiles gets each collected list.
export function watch(zone, onFiles) {
  for (const input of zone.querySelectorAll('input[type="file"]')) {
    const button = zone.querySelector(`[data-picks="${input.dataset.kind}"]`);
    button.addEventListener("click", () => input.click());
    button.disabled = false; // until now a press would have done nothing
    input.addEventListener("change", () => {
      const list = chosen(input);
      input.value = ""; // so that the same files can be chosen again
      if (list.length) onFiles(list);
    });
  }
  let depth = 0;
  const lit = (change) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle("lit", depth > 0);
  };
  document.addEventListener("dragenter", () => lit(1));
  document.addEventListener("dragleave", () => lit(-1));
  document.addEventListener("dragover", (event) => event.preventDefault()); // a file beside the zone must not replace the page
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    depth = 0;
    lit(0);
    if (zone.hidden || zone.inert) return;
    const list = await dropped(event.dataTransfer);
    if (list.length) onFiles(list);
  });
}
