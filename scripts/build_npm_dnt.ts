/**
 * Turns the sources into ES modules and declarations with dnt. `build_npm.ts` runs this where dnt
 * can be loaded, and does the rest; the argument is the output folder.
 *
 * @module
 */

import { readDenoJson } from "./npm_package.ts";

/** In a variable: a literal would be resolved, and fail, wherever JSR cannot be reached. */
const DNT = "@deno/dnt";

/** The one function of dnt in use. */
interface Dnt {
  build(options: Record<string, unknown>): Promise<void>;
}

const [outDir = "npm"] = Deno.args;
const { name, version, exports } = readDenoJson();
const { build } = await import(DNT) as Dnt;
await build({
  entryPoints: Object.entries(exports).map(([name, path]) => ({ name, path })),
  outDir,
  shims: {},
  // dnt's Deno shim has neither Deno.serve nor Deno.Command, so our tests cannot run in it.
  test: false,
  skipNpmInstall: true,
  // CommonJS is made of the bundled modules.
  scriptModule: false,
  declaration: "inline",
  typeCheck: "single",
  compilerOptions: {
    lib: ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    target: "ES2022",
  },
  package: { name, version },
});
// Sources of the sources, which dnt keeps for its source maps.
await Deno.remove(`${outDir}/src`, { recursive: true }).catch(() => {});
