/** Bundles `bundled.mjs`. Arguments: the bundlers' folder, which one, the format, the output. */
import { createRequire } from "node:module";
import { join } from "node:path";

const [tool, bundler, format, file] = process.argv.slice(2);
const require = createRequire(join(tool, "package.json"));

if (bundler === "esbuild") {
  await require("esbuild").build({
    entryPoints: ["bundled.mjs"],
    bundle: true,
    minify: true,
    platform: "node",
    format,
    outfile: file,
  });
} else {
  const plugin = require("@rollup/plugin-node-resolve").nodeResolve();
  const bundle = await require("rollup").rollup({ input: "bundled.mjs", plugins: [plugin] });
  await bundle.write({ file, format });
}
