/**
 * Builds `main.js` for a page as users do. Arguments: the bundlers' folder, which one, the output
 * folder; prints the path of the script for the page.
 */
// deno-lint-ignore-file no-console -- the test reads what it prints
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [tool, bundler, out] = process.argv.slice(2);
const require = createRequire(join(tool, "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const entry = resolve("main.js");

const BUILDS = {
  async esbuild() {
    const { build } = require("esbuild");
    await build({
      ...{ entryPoints: [entry], outdir: out, bundle: true, minify: true, splitting: true },
      format: "esm",
    });
    return "main.js";
  },
  async rollup() {
    const { nodeResolve } = require("@rollup/plugin-node-resolve");
    const bundle = await require("rollup").rollup({
      input: entry,
      plugins: [nodeResolve({ browser: true })],
    });
    await bundle.write({ dir: out, format: "es" });
    return "main.js";
  },
  async vite() {
    const { build } = await load("vite");
    await build({
      ...{ root: process.cwd(), logLevel: "error", configFile: false },
      build: {
        outDir: out,
        emptyOutDir: false,
        rollupOptions: { input: entry, output: { entryFileNames: "main.js" } },
      },
    });
    return "main.js";
  },
  async webpack() {
    const webpack = require("webpack");
    await new Promise((done, fail) =>
      webpack(
        { mode: "production", entry, output: { path: out, publicPath: "/" } },
        (error, stats) => {
          const failed = error ?? (stats.hasErrors() && new Error(stats.toString("errors-only")));
          if (failed) fail(failed);
          else done();
        },
      )
    );
    return "main.js";
  },
};

console.log(await BUILDS[bundler]());
