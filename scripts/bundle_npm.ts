/**
 * Puts the modules of a built npm copy together, and makes CommonJS of them: Node takes five times
 * as long to import 150 files as to import a few.
 *
 * @module
 */

import { bundleFiles } from "./esbuild.ts";
import { PAGE, PAGE_ENTRIES } from "./npm_package.ts";
import { sourceFiles } from "./source_files.ts";

/**
 * What programs import without the client, as by a module that only handles errors. Each stays a
 * file of its own: bundlers leave out whole files, and seldom parts of one.
 */
const ALONE = ["errors", "cancel_token", "call/backoff"];

/**
 * Replaces the ES modules below `folder` by bundles of its entries that share their code: those for
 * runtimes with threads, and in a folder of their own those for pages and isolates. Bundled
 * together, what each loads later would make a dozen files more of what Node imports.
 * Declarations stay as they are.
 *
 * @param folder Holds the modules as the sources lie: `mod.js`, `src/…`.
 * @param entries Paths of the entries' sources.
 */
export async function bundleModules(folder: string, entries: readonly string[]): Promise<void> {
  const root = await Deno.realPath(folder);
  const modules = await sourceFiles(root, /\.js$/);
  const whole = entries.filter((path) => !PAGE_ENTRIES.includes(path));
  const page = entries.filter((path) => path !== "./mod.ts");
  const files = [
    ...await bundleTogether(root, root, whole, modules),
    ...page.length === 0 ? [] : await bundleTogether(root, `${root}/${PAGE}`, page, modules),
  ];
  for (const path of await sourceFiles(root, /\.js(\.map)?$/)) await Deno.remove(path);
  await writeAll(files);
}

async function bundleTogether(
  root: string,
  out: string,
  entries: readonly string[],
  modules: readonly string[],
): Promise<(readonly [path: string, text: string])[]> {
  const alone = ALONE.map((name) => `/src/${name}.js`)
    .filter((path) => modules.includes(root + path));
  const files = await bundleFiles({
    entryPoints: [
      ...entries.map((path) => `${root}/${path.replace(/^\.\//, "").replace(/ts$/, "js")}`),
      ...alone.map((path) => root + path),
    ],
    absWorkingDir: root,
    outbase: root,
    outdir: out,
    splitting: true,
    chunkNames: "src/chunk-[hash]",
    platform: "neutral",
    packages: "external",
    charset: "utf8",
  });
  // The code of these is in chunks, which the entries import from there.
  return files.filter(({ path }) => !alone.some((name) => path === out + name))
    .map(({ path, text }) => [path, ownNames(text)]);
}

/**
 * Writes each bundled module below `from` as CommonJS to the same place below `to`, with its types.
 * Module by module: bundled again, each entry would have error classes and threads of its own.
 */
export async function addCommonJS(from: string, to: string): Promise<void> {
  const root = await Deno.realPath(from);
  await Deno.mkdir(to, { recursive: true });
  const files = await bundleFiles({
    entryPoints: await sourceFiles(root, /\.js$/),
    bundle: false,
    external: undefined,
    outbase: root,
    outdir: await Deno.realPath(to),
    format: "cjs",
    platform: "node",
    // What is loaded later comes from the same graph, not from the ES modules.
    supported: { "dynamic-import": false },
    charset: "utf8",
  });
  await writeAll(files.map(({ path, text }) => [path, ownNames(text)]));
  const types = await sourceFiles(root, /\.d\.ts$/);
  await writeAll(types.map((path) => [to + path.slice(root.length), Deno.readTextFileSync(path)]));
  await Deno.writeTextFile(`${to}/package.json`, '{\n  "type": "commonjs"\n}\n');
}

async function writeAll(files: readonly (readonly [path: string, text: string])[]): Promise<void> {
  for (const [path, text] of files) {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

/**
 * Gives classes their names back: `class A { static b = new A() }` is `var A = class _A …` in a
 * bundle and `var A = class A2 …` as CommonJS, and would be printed so. esbuild's `keepNames` would
 * do the same for each of a thousand functions.
 */
function ownNames(text: string): string {
  const names = new Map<string, string>();
  for (const [, variable = "", name = ""] of text.matchAll(/\b(\w+) = class (?!extends\b)(\w+)/g)) {
    if (name.startsWith("_")) names.set(name, name.slice(1));
    else if (name !== variable) names.set(name, variable);
  }
  if (names.size === 0) return text;
  const renamed = new RegExp(`\\b(?:${[...names.keys()].join("|")})\\b`, "g");
  return text.replace(renamed, (name) => names.get(name) ?? name);
}
