/**
 * Puts the modules of a built npm copy together: Node takes five times as long to import 150
 * files as to import a few.
 *
 * @module
 */

import { dirname } from "node:path";
import { bundleFiles } from "./esbuild.ts";

/** `exports` of a package.json, as dnt and `deno pack` write it. */
export type NpmExports = Readonly<
  Record<string, { readonly import: string | { readonly default: string } }>
>;

/**
 * What programs import without the client, as by a module that only handles errors. Each stays a
 * file of its own: bundlers leave out whole files, and seldom parts of one.
 */
const ALONE = ["errors", "cancel_token", "stages/backoff"];

/**
 * Replaces the ES modules below `out` by bundles of its entries that share their code.
 * Declarations stay as they are, and so does what `require()` gets of dnt's: esbuild cannot split
 * CommonJS, and two copies of the error classes would be worse than many files.
 */
export async function bundleNpm(out: string, exports: NpmExports): Promise<void> {
  const entries = Object.values(exports).map((entry) => importOf(out, entry));
  const root = entries.map(dirname).reduce((a, b) => a.length < b.length ? a : b);
  const alone = ALONE.map((name) => `${root}/src/${name}.js`);
  const files = await bundleFiles({
    entryPoints: [...entries, ...alone],
    absWorkingDir: root,
    outbase: root,
    outdir: root,
    splitting: true,
    chunkNames: "src/chunk-[hash]",
    platform: "neutral",
    charset: "utf8",
  });
  await removeModules(root);
  for (const { path, text } of files) {
    // The code is in chunks, which the entries import from there.
    if (!alone.includes(path)) await Deno.writeTextFile(path, ownNames(text));
  }
}

function importOf(out: string, entry: NpmExports[string]): string {
  const target = typeof entry.import === "string" ? entry.import : entry.import.default;
  return Deno.realPathSync(`${out}/${target}`);
}

/**
 * Gives classes their names back: `class A { static b = new A() }` is `var A = class _A …` now, and
 * would be printed so. esbuild's `keepNames` would do the same for each of a thousand functions.
 */
function ownNames(text: string): string {
  const renamed = [...text.matchAll(/ = class _(\w+)/g)].map(([, name]) => name);
  if (renamed.length === 0) return text;
  return text.replace(new RegExp(`\\b_(${renamed.join("|")})\\b`, "g"), "$1");
}

async function removeModules(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await removeModules(path);
    else if (/\.js(\.map)?$/.test(name)) await Deno.remove(path);
  }
}
