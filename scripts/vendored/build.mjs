// Bundles what browsers load from several packages into one module each, and puts their licences beside it.
import { build } from "esbuild";
import { readFile, readdir, writeFile } from "node:fs/promises";

const TARGET = "static/vendor";

for (const name of ["uppy", "sha256"]) {
  const { metafile } = await build({
    entryPoints: [`scripts/vendored/${name}.js`],
    outfile: `${TARGET}/${name}.min.js`,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    metafile: true,
  });
  const [output] = Object.values(metafile.outputs);
  const used = Object.keys(output.inputs).flatMap((path) => path.match(/.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []);
  const licences = await Promise.all([...new Set(used)].sort().map(licence));
  await writeFile(`${TARGET}/${name}.LICENSE`, licences.join(`\n${"-".repeat(80)}\n\n`));
}

async function licence(folder) {
  const { name, version, license, author } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  const text = file ? await readFile(`${folder}/${file}`, "utf8") : `${license}, ${author?.name ?? author ?? "its authors"}`;
  return `${name} ${version}\n\n${text.trim()}\n`;
}
