/**
 * Fails where the entry `.`, minified and compressed, has grown over its budget, and says which
 * modules it is made of. The worker's source is part of it, as a string. `--all` lists every module.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { gzipSync } from "node:zlib";
import { bundleFiles } from "./esbuild.ts";

/** Bytes after gzip that the entry `.` may have: what was reached. Lower it with each kB less. */
export const BUDGET = 57_000;

/** Where it should come to; 1 kB is 1000 bytes. */
export const TARGET = 48_000;

/** What a program comes to that uses only a part, once the rest is shaken off. */
const PARTS: Readonly<Record<string, string>> = {
  "create only": 'export { create } from "./mod.ts";',
  "get and getSync only": 'export { get, getSync } from "./mod.ts";',
  "errors only": 'export { HTTPStatusError, isAxError } from "./mod.ts";',
  "./testing, with what it needs": 'export * from "./src/testing/mod.ts";',
};

/** A bundle's size. */
export interface Size {
  /** Minified. */
  readonly raw: number;
  /** Minified and compressed. */
  readonly gzip: number;
}

/** A module's part in a bundle. */
export interface Share extends Size {
  readonly path: string;
  /** How much smaller the compressed bundle is without the module. */
  readonly gzip: number;
}

/** What a plugin of esbuild is given. */
interface PluginBuild {
  onResolve(
    options: { filter: RegExp },
    resolve: (args: { path: string; kind: string; resolveDir: string }) => unknown,
  ): void;
}

/** The npm copy says the same in its package.json: what is not imported may be dropped. */
const NO_SIDE_EFFECTS = {
  name: "no-side-effects",
  setup(build: PluginBuild): void {
    build.onResolve({ filter: /^\.\.?\// }, ({ path, kind, resolveDir }) => {
      if (kind === "entry-point") return undefined;
      return { path: new URL(path, `file://${resolveDir}/`).pathname, sideEffects: false };
    });
  },
};

/** Bundles what `code` imports and exports; paths in it start at the checkout. */
export async function bundle(code: string, options: Record<string, unknown> = {}): Promise<string> {
  const [file] = await bundleFiles({
    stdin: { contents: code, resolveDir: Deno.cwd(), loader: "ts" },
    minify: true,
    plugins: [NO_SIDE_EFFECTS],
    ...options,
  });
  return file?.text ?? "";
}

/** Measures a text as servers send it. */
export function sizeOf(text: string): Size {
  const bytes = new TextEncoder().encode(text);
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

/** Splits a bundle that still has esbuild's comments with the path of each module. */
export function splitModules(text: string): Map<string, string> {
  const modules = new Map<string, string>();
  const parts = text.split(/^\/\/ ([\w./-]+\.ts)$/m);
  for (let at = 1; at < parts.length; at += 2) {
    const path = parts[at] as string;
    modules.set(path, (modules.get(path) ?? "") + parts[at + 1]);
  }
  return modules;
}

/** What each module adds to a bundle, the largest first. */
export function sharesOf(modules: ReadonlyMap<string, string>): Share[] {
  const without = (left: string): string => {
    let text = "";
    for (const [path, code] of modules) if (path !== left) text += code;
    return text;
  };
  const whole = sizeOf(without("")).gzip;
  const shares = [...modules].map(([path, code]): Share => ({
    path,
    raw: sizeOf(code).raw,
    gzip: whole - sizeOf(without(path)).gzip,
  }));
  return shares.sort((a, b) => b.gzip - a.gzip);
}

/** The code of a program that uses all of an entry. */
export function wholeOf(entry: string): string {
  return `export * from ${JSON.stringify(entry)};`;
}

/** Bytes as kB. */
export function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

/** Says how a size stands to its budget and to the target. */
export function verdictOf(gzip: number): string {
  const budget = gzip > BUDGET
    ? `${gzip - BUDGET} bytes over the budget of ${kB(BUDGET)}`
    : `within the budget of ${kB(BUDGET)}`;
  const left = gzip - TARGET;
  return left > 0
    ? `${budget}, ${kB(left)} above the target of ${kB(TARGET)}`
    : `${budget}, and the target of ${kB(TARGET)} is reached`;
}

async function main(): Promise<number> {
  const { raw, gzip } = sizeOf(await bundle(wholeOf("./mod.ts")));
  console.log(`size: ${kB(gzip)} compressed, ${kB(raw)} minified: ${verdictOf(gzip)}`);
  for (const [name, code] of Object.entries(PARTS)) {
    const part = sizeOf(await bundle(code));
    console.log(`${kB(part.gzip).padStart(10)}${kB(part.raw).padStart(10)}  ${name}`);
  }
  const over = gzip > BUDGET;
  const all = Deno.args.includes("--all");
  if (over || all) {
    const spaced = await bundle(wholeOf("./mod.ts"), {
      minify: false,
      minifyIdentifiers: true,
      minifySyntax: true,
    });
    const shares = sharesOf(splitModules(spaced));
    console.log("compressed  minified  module (white space left in, so figures are a little high)");
    for (const share of all ? shares : shares.slice(0, 25)) {
      console.log(`${kB(share.gzip).padStart(10)}${kB(share.raw).padStart(10)}  ${share.path}`);
    }
  }
  return over ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
