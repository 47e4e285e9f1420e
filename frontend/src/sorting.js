// Shows where each chosen file will go, and later how far it is.
import { bytes, files as counted } from "./format.js";
import { nameLanguages } from "./languages.js";

const ROWS = 400; // a page of rows stays quick; the rest is counted below them
const SVG = "http://www.w3.org/2000/svg";
const BADGES = { waiting: ["badge", "Waits"], here: ["badge good", "Here already"], sent: ["badge good", "Sent"], failed: ["badge bad", "Failed"] };
const MOVES = { reading: ["Reads", "read"], sending: ["Sends", "sent"] }; // what is said, and how far it is

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

const swatch = (category) => {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("viewBox", "0 0 10 10");
  svg.setAttribute("aria-hidden", "true");
  const square = document.createElementNS(SVG, "rect");
  square.setAttribute("class", `fill-${category}`);
  square.setAttribute("width", "10");
  square.setAttribute("height", "10");
  square.setAttribute("rx", "3");
  svg.append(square);
  return svg;
};

export class Sorting {
  constructor(root, { onRemove }) {
    this.root = root;
    this.body = root.querySelector("tbody");
    this.rows = new Map();
    this.onRemove = onRemove;
    this.pending = new Set();
  }

  // items: [{file, path}]; sorted: what the server said about their paths.
  show(items, sorted) {
    const places = new Map(sorted.files.map((place) => [place.source, place]));
    const refused = new Map(sorted.refused.map((one) => [one.path, one]));
    this.rows.clear();
    this.body.replaceChildren();
    const rank = (item) => (refused.has(item.path) ? 0 : 1);
    const ordered = [...items].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
    for (const item of ordered.slice(0, ROWS)) this.body.append(this.row(item, places, refused, sorted.metadata));
    const hidden = ordered.length - Math.min(ROWS, ordered.length);
    const more = this.root.querySelector("[data-more]");
    more.hidden = hidden === 0;
    more.textContent = `… and ${counted(hidden)} more.`;
    nameLanguages(this.body);
  }

  row(item, places, refused, metadata) {
    const row = make("tr");
    const name = item.path.normalize("NFC");
    const place = places.get(name) ?? places.get(item.path);
    row.append(this.name(item.path), this.goal(place, refused.get(item.path), name === metadata));
    const language = make("td", "lang");
    if (place?.language) {
      const tag = make("span", "tag", place.language);
      tag.dataset.language = place.language;
      language.append(tag);
    }
    const state = make("td", "state");
    state.append(this.remover(item));
    row.append(language, make("td", "number size", bytes(item.file.size)), state);
    this.rows.set(item.path, row);
    return row;
  }

  remover(item) {
    const remove = make("button", "icon-button", "×");
    remove.type = "button";
    remove.setAttribute("aria-label", `Leave out ${item.path}`);
    remove.addEventListener("click", () => this.onRemove(item.path));
    return remove;
  }

  name(path) {
    const cell = make("td", "file wrap");
    const start = path.lastIndexOf("/") + 1;
    if (start) cell.append(make("span", "folder", path.slice(0, start)));
    cell.append(path.slice(start));
    return cell;
  }

  goal(place, refusal, isMetadata) {
    const cell = make("td", "goal");
    if (refusal) cell.append(make("span", "bad-text", refusal.message));
    else if (isMetadata) cell.append(make("span", "muted", "Read for its languages, texts and voices"));
    else if (place) {
      const line = make("span", "goal-line");
      line.append(swatch(place.category), make("span", "", place.label));
      cell.append(line);
      if (!place.source.endsWith(place.path)) cell.append(make("span", "goal-path wrap", place.path));
    } else cell.append(make("span", "muted", "Left out: a system file"));
    return cell;
  }

  // Draws at most once a frame, however many parts report. item: a file as the uploader knows it.
  update(item) {
    if (this.pending.size === 0) requestAnimationFrame(() => this.draw());
    this.pending.add(item);
  }

  draw() {
    for (const item of this.pending) {
      const row = this.rows.get(item.path);
      if (row) this.tell(row, item);
    }
    this.pending.clear();
  }

  tell(row, item) {
    const cell = row.querySelector(".state");
    row.querySelector(".reason")?.remove();
    if (item.state in MOVES) return this.move(cell, item);
    const [badge, word] = BADGES[item.state];
    cell.replaceChildren(make("span", badge, word));
    if (item.state !== "failed") return undefined;
    cell.append(this.remover(item));
    row.querySelector(".goal").append(make("span", "reason bad-text", item.error));
    return undefined;
  }

  move(cell, item) {
    const [word, amount] = MOVES[item.state];
    let bar = cell.querySelector("progress");
    if (bar?.dataset.state !== item.state) {
      bar = make("progress", "slim");
      bar.dataset.state = item.state;
      bar.setAttribute("aria-label", `${word} ${item.path}`);
      cell.replaceChildren(make("span", "moves", word), bar);
    }
    bar.max = item.size || 1;
    bar.value = item[amount];
  }

  // While files travel nobody takes one out.
  lock(items) {
    const travelling = new Set(items.map((item) => item.path));
    for (const [path, row] of this.rows) {
      const cell = row.querySelector(".state");
      if (!travelling.has(path)) cell.replaceChildren();
      else if (cell.querySelector("button")) cell.replaceChildren(make("span", ...BADGES.waiting));
    }
  }
}
