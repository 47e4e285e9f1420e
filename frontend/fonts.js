// The files of css/fonts.css: of a package's font only the characters and weights that a rule there names.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import subsetFont from "subset-font";

/** @typedef {{ name: string, weights: number[], characters: string }} Face */

const INTER = "@fontsource-variable/inter/files/inter";
const ARABIC = "@fontsource/noto-sans-arabic/files/noto-sans-arabic-arabic-400-normal.woff2";

/** The files in node_modules, by the names in css/fonts.css. */
const SOURCES = new Map([
  ["inter-latin", `${INTER}-latin-wght-normal.woff2`],
  ["inter-european", `${INTER}-latin-ext-wght-normal.woff2`],
  ["inter-latin-ext", `${INTER}-latin-ext-wght-normal.woff2`],
  ["inter-vietnamese", `${INTER}-vietnamese-wght-normal.woff2`],
  ["inter-cyrillic", `${INTER}-cyrillic-wght-normal.woff2`],
  ["inter-cyrillic-ext", `${INTER}-cyrillic-ext-wght-normal.woff2`],
  ["inter-greek", `${INTER}-greek-wght-normal.woff2`],
  ["inter-greek-ext", `${INTER}-greek-ext-wght-normal.woff2`],
  ["devanagari", "@fontsource/noto-sans-devanagari/files/noto-sans-devanagari-devanagari-400-normal.woff2"],
  ["arabic", ARABIC],
  ["arabic-forms", ARABIC],
  ["hebrew", "@fontsource-variable/noto-sans-hebrew/files/noto-sans-hebrew-hebrew-wght-normal.woff2"],
  ["thai", "@fontsource-variable/noto-sans-thai/files/noto-sans-thai-thai-wght-normal.woff2"],
]);

/**
 * Return the fonts by their names, and the paths of the files that they were made from.
 * @param {string} root the folder with css and node_modules
 */
export async function buildFonts(root) {
  /** @type {Map<string, Uint8Array>} */
  const fonts = new Map();
  const inputs = [];
  for (const face of readFaces(await readFile(join(root, "css/fonts.css"), "utf8"))) {
    const source = SOURCES.get(face.name);
    if (!source) throw new Error(`css/fonts.css names the font “${face.name}”, fonts.js does not.`);
    const input = `node_modules/${source}`;
    fonts.set(face.name, await subset(await readFile(join(root, input)), face));
    inputs.push(input);
  }
  return { fonts, inputs };
}

/**
 * Return the faces of a style sheet that have a file.
 * @param {string} css
 * @returns {Face[]}
 */
export function readFaces(css) {
  const rules = [...css.matchAll(/@font-face \{([^}]+url\("([^"]+)\.woff2"\)[^}]+)\}/g)];
  if (rules.length !== css.split(".woff2").length - 1)
    throw new Error("css/fonts.css has a rule that fonts.js cannot read.");
  return rules.map(([, rule = "", name = ""]) => {
    const weights = rule.match(/font-weight: ([\d ]+);/)?.[1];
    const ranges = rule.match(/unicode-range:([^;]+);/)?.[1];
    if (!weights || !ranges) throw new Error(`css/fonts.css gives the font “${name}” no weight or no unicode-range.`);
    return { name, weights: weights.split(" ").map(Number), characters: listCharacters(ranges) };
  });
}

/**
 * Return the characters of a CSS unicode-range.
 * @param {string} ranges such as "U+0100-017F, U+1E9E"
 */
function listCharacters(ranges) {
  return ranges
    .split(",")
    .flatMap((range) => {
      const [first = 0, last = first] = range
        .trim()
        .slice("U+".length)
        .split("-")
        .map((code) => Number.parseInt(code, 16));
      return Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index));
    })
    .join("");
}

/**
 * Return the part of a font that a face shows.
 * @param {Buffer} font
 * @param {Face} face
 * @returns {Promise<Uint8Array>}
 */
function subset(font, { weights: [min = 0, max], characters }) {
  const variationAxes = max ? { wght: { min, max } } : undefined;
  return subsetFont(font, characters, { targetFormat: "woff2", variationAxes });
}
