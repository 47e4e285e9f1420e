// The sprite of icons: those of Lucide that icons.json names, one <symbol> each.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** @typedef {[tag: string, attributes: Record<string, string>]} Shape */

const PACKAGE = "node_modules/lucide";
const FILLED = "-filled";

/**
 * Return the sprite, and the path of the package that it was made from.
 * @param {string} root the folder with icons.json and node_modules
 */
export async function buildSprite(root) {
  /** @type {Record<string, string>} */
  const names = JSON.parse(await readFile(join(root, "icons.json"), "utf8"));
  const symbols = await Promise.all(Object.entries(names).map(([name, source]) => readSymbol(root, name, source)));
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
  return { sprite, inputs: [`${PACKAGE}/package.json`] };
}

/**
 * Return one icon as a <symbol>.
 * @param {string} root
 * @param {string} name
 * @param {string} source its name in Lucide
 */
async function readSymbol(root, name, source) {
  const file = join(root, PACKAGE, "dist/esm/icons", `${source}.mjs`);
  /** @type {{default: Shape[]}} */
  const icon = await import(pathToFileURL(file).href);
  const fill = name.endsWith(FILLED) ? ' fill="currentColor"' : "";
  return `<symbol id="${name}" viewBox="0 0 24 24"${fill}>${icon.default.map(formatShape).join("")}</symbol>`;
}

/** @param {Shape} shape */
function formatShape([tag, attributes]) {
  const { key: _, ...values } = attributes;
  const text = Object.entries(values).map(([name, value]) => ` ${name}="${value}"`);
  return `<${tag}${text.join("")}/>`;
}
