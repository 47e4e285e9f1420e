// Build static/dist: one script and one style sheet per page, fonts, icons, and the licenses of the packages inside them.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildFonts } from "./fonts.js";
import { buildSprite, lucideMasks } from "./icons.js";

const ROOT = dirname(fileURLToPath(import.meta.url));
const OUTPUT = join(ROOT, "..", "static", "dist");

const { metafile, outputFiles } = await build({
  absWorkingDir: ROOT,
  entryPoints: ["src/pages/*.js", "src/upload/hash-worker.js", "css/pages/*.css"],
  entryNames: "[name]",
  external: ["*.woff2"],
  plugins: [lucideMasks(ROOT)],
  outdir: OUTPUT,
  bundle: true,
  minify: true,
  // No page shares a chunk with another: every script is one request, whose name Django derives from its content.
  format: "iife",
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  write: false,
});

await rm(OUTPUT, { recursive: true, force: true });
await mkdir(OUTPUT, { recursive: true });
await Promise.all(outputFiles.map(({ path, contents }) => writeFile(path, contents)));
const { sprite, inputs: iconInputs } = await buildSprite(ROOT);
await writeFile(join(OUTPUT, "icons.svg"), sprite);
const { fonts, inputs: fontInputs } = await buildFonts(ROOT);
await Promise.all([...fonts].map(([name, font]) => writeFile(join(OUTPUT, `${name}.woff2`), font)));
const inputs = [...Object.keys(metafile.inputs), ...iconInputs, ...fontInputs];
await writeFile(join(OUTPUT, "LICENSES.txt"), await collectLicenses(inputs));

/**
 * Return the licenses of the packages that the input files belong to, as one text.
 * @param {string[]} inputs paths relative to this folder
 */
async function collectLicenses(inputs) {
  const packages = new Set(inputs.flatMap((path) => path.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []));
  const texts = await Promise.all([...packages].sort().map((folder) => readLicense(folder, inputs)));
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

/**
 * Return a package's license, its notice, and the licenses of code that its own build put into the input files.
 * @param {string} folder
 * @param {string[]} inputs
 */
async function readLicense(folder, inputs) {
  const { name, version, license } = JSON.parse(await readFile(join(ROOT, folder, "package.json"), "utf8"));
  const files = await readdir(join(ROOT, folder));
  const bundled = inputs.map((path) => `${basename(path)}.LICENSE.txt`);
  const used = files.filter((file) => /^(licen[cs]e|notice)/i.test(file) || bundled.includes(file)).sort();
  const texts = await Promise.all(used.map((file) => readFile(join(ROOT, folder, file), "utf8")));
  return `${name} ${version} (${license})\n\n${texts.map((text) => text.trim()).join("\n\n")}\n`;
}
