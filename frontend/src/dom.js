// Find and create elements.

/**
 * Return an element that the page's template contains.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [type]
 * @returns {T}
 */
export function find(root, selector, type) {
  const element = root.querySelector(selector);
  if (!(element instanceof (type ?? HTMLElement))) throw new Error(`This page has no ${selector}`);
  return /** @type {T} */ (element);
}

/**
 * Return a function that finds elements by their attribute data-ref.
 * @param {ParentNode} root
 */
export function refsOf(root) {
  /**
   * @template {Element} [T=HTMLElement]
   * @param {string} name
   * @param {new () => T} [type]
   */
  return (name, type) => find(root, `[data-ref="${name}"]`, type);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {string} [text]
 */
export function create(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * Return a decorative icon, as the template tag of this name.
 * @param {string} name of icons.json
 */
export function icon(name) {
  const address = document.querySelector('meta[name="icons"]')?.getAttribute("content") ?? "";
  const image = document.createElementNS(SVG, "svg");
  image.classList.add("icon");
  image.setAttribute("aria-hidden", "true");
  image.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${address}#${name}`);
  image.append(use);
  return image;
}

/**
 * Return the data of a <script type="application/json">.
 * @param {string} id
 */
export const readJson = (id) => JSON.parse(find(document, `#${id}`).textContent ?? "");
