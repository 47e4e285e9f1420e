// Icons of Lucide: those that icons.json names as a sprite, one <symbol> each, and those that style sheets use as masks.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** @typedef {[tag: string, attributes: Record<string, string>]} Shape */

const PACKAGE = "node_modules/lucide";
const FILLED = "-filled";
const MASK_ATTRIBUTES =
  'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000" stroke-width="1.75" ' +
  'stroke-linecap="round" stroke-linejoin="round"';

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
 * Return a plugin for style sheets: `url("lucide:plus")` becomes that icon, as data.
 *
 * A mask cannot use a symbol of the sprite.
 * @param {string} root the folder with node_modules
 * @returns {import("esbuild").Plugin}
 */
export function lucideMasks(root) {
  return {
    name: "lucide-masks",
    setup(build) {
      build.onResolve({ filter: /^lucide:/ }, ({ path }) => ({
        path: `${path.slice("lucide:".length)}.svg`, // esbuild takes the media type from it
        namespace: "lucide",
      }));
      build.onLoad({ filter: /.*/, namespace: "lucide" }, async ({ path }) => ({
        contents: `<svg ${MASK_ATTRIBUTES}>${await readShapes(root, path.replace(".svg", ""))}</svg>`,
        loader: "dataurl",
      }));
    },
  };
}

/**
 * Return one icon as a <symbol>.
 * @param {string} root
 * @param {string} name
 * @param {string} source its name in Lucide
 */
async function readSymbol(root, name, source) {
  const fill = name.endsWith(FILLED) ? ' fill="currentColor"' : "";
  return `<symbol id="${name}" viewBox="0 0 24 24"${fill}>${await readShapes(root, source)}</symbol>`;
}

/**
 * Return the shapes of one icon as SVG.
 * @param {string} root
 * @param {string} source its name in Lucide
 */
async function readShapes(root, source) {
  const file = join(root, PACKAGE, "dist/esm/icons", `${source}.mjs`);
  /** @type {{default: Shape[]}} */
  const icon = await import(pathToFileURL(file).href);
  return icon.default.map(formatShape).join("");
}

/** @param {Shape} shape */
function formatShape([tag, attributes]) {
  const { key: _, ...values } = attributes;
  const text = Object.entries(values).map(([name, value]) => ` ${name}="${value}"`);
  return `<${tag}${text.join("")}/>`;
}
