// What every page has: menus that close, dialogs that open, languages with their names, buttons that copy; and nothing of who signed out.
import { nameLanguages } from "../languages.js";
import { forgetAll } from "../memory.js";

if (!document.querySelector('meta[name="csrf-token"]')) forgetAll(); // nobody is signed in, and who comes next may be somebody else

const menus = document.querySelectorAll("[data-menu]");
document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) {
    if (!menu.open) continue;
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

for (const opener of document.querySelectorAll("[data-opens]")) {
  const dialog = document.getElementById(opener.dataset.opens);
  opener.addEventListener("click", () => dialog.showModal());
}
for (const closer of document.querySelectorAll("[data-closes]")) {
  closer.addEventListener("click", () => closer.closest("dialog").close());
}

for (const select of document.querySelectorAll("select[data-submits]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

for (const select of document.querySelectorAll("select[data-goes]")) {
  select.addEventListener("change", () => location.assign(select.value));
}

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  const words = button.querySelector("span");
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // plain http on another machine has no clipboard object
    }
    words.textContent = "Copied";
    setTimeout(() => { words.textContent = "Copy"; }, 2000);
  });
}

// A sentence that the page before left for this one.
const notice = sessionStorage.getItem("notice");
if (notice) {
  sessionStorage.removeItem("notice");
  const list = document.createElement("ul");
  list.className = "messages";
  list.setAttribute("role", "status");
  const item = document.createElement("li");
  item.className = "message";
  const text = document.createElement("p");
  text.textContent = notice;
  item.append(text);
  list.append(item);
  document.getElementById("main").prepend(list);
}

nameLanguages(document);
