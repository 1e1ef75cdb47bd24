/**
 * Fails where an entry or a use of it, minified and compressed, has grown over its budget, and says
 * which modules it is made of; prints other clients beside it, where they are in the cache.
 * `--all` lists every module, `--write` makes budgets of what was reached.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { gzipSync } from "node:zlib";
import { packageExports } from "./check_exports.ts";
import { bundleFiles } from "./esbuild.ts";
import { peerSizes } from "./size_peers.ts";
import { type Use, usesOf } from "./size_uses.ts";

/** The bytes that each use may have, in JSON: what was reached, up to the next hundred. */
const BUDGETS = "scripts/size_budgets.json";

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

/** What is not to be in a bundle. */
interface Without {
  /** The modules that are there already. */
  readonly present?: ReadonlySet<string>;
  /** Whether that is so for what is imported later. */
  readonly later?: boolean;
}

/**
 * Resolves as a bundler does for the npm copy, whose package.json says that what is not imported
 * may be dropped; notes the modules in `found`.
 */
function resolver({ present, later }: Without, found: Set<string>): object {
  return {
    name: "no-side-effects",
    setup(build: PluginBuild): void {
      build.onResolve({ filter: /^\.\.?\// }, ({ path, kind, resolveDir }) => {
        if (kind === "entry-point") return undefined;
        const file = new URL(path, `file://${resolveDir}/`).pathname;
        if (present?.has(file) || (later && kind === "dynamic-import")) {
          return { path, external: true, sideEffects: false };
        }
        found.add(file);
        return { path: file, sideEffects: false };
      });
      // A plugin's library is not ours to count.
      build.onResolve(
        { filter: /^[^./]/ },
        ({ path, kind }) =>
          kind === "entry-point" ? undefined : { path, external: true, sideEffects: false },
      );
    },
  };
}

async function bundleOf(
  code: string,
  without: Without,
  options: Record<string, unknown> = {},
): Promise<{ readonly text: string; readonly modules: ReadonlySet<string> }> {
  const modules = new Set<string>();
  const [file] = await bundleFiles({
    stdin: { contents: code, resolveDir: Deno.cwd(), loader: "ts" },
    minify: true,
    plugins: [resolver(without, modules)],
    ...options,
  });
  return { text: file?.text ?? "", modules };
}

/** Bundles what `code` imports and exports, as one script; paths in it start at the checkout. */
export async function bundle(code: string, options: Record<string, unknown> = {}): Promise<string> {
  return (await bundleOf(code, {}, options)).text;
}

/** Bundles what a use comes to. */
export async function bundleUse(use: Use, options: Record<string, unknown> = {}): Promise<string> {
  const later = !use.whole;
  const present = use.beside === undefined
    ? undefined
    : (await bundleOf(use.beside, { later })).modules;
  return (await bundleOf(use.code, { later, ...present && { present } }, options)).text;
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

/** Bytes as kB. */
export function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

/** Says how a size stands to its budget, and to its target where it has one. */
export function verdictOf(gzip: number, budget: number, target?: number): string {
  const state = gzip > budget
    ? `${gzip - budget} bytes over the budget of ${kB(budget)}`
    : `within the budget of ${kB(budget)}`;
  if (target === undefined) return state;
  return gzip > target
    ? `${state}, ${kB(gzip - target)} above the target of ${kB(target)}`
    : `${state}, and the target of ${kB(target)} is reached`;
}

async function listModules(use: Use, most: number): Promise<void> {
  const spaced = await bundleUse(use, {
    minify: false,
    minifyIdentifiers: true,
    minifySyntax: true,
  });
  console.log(`modules of ${use.name} (white space left in, so figures are a little high)`);
  for (const share of sharesOf(splitModules(spaced)).slice(0, most)) {
    console.log(`${kB(share.gzip).padStart(10)}${kB(share.raw).padStart(10)}  ${share.path}`);
  }
}

async function printPeers(): Promise<void> {
  const peers = await peerSizes();
  if ("missing" in peers) return console.log(`other clients: ${peers.missing}`);
  for (const { name, raw, gzip } of peers.sizes) {
    console.log(`${kB(gzip).padStart(10)}${kB(raw).padStart(10)}  ${name}`);
  }
}

async function main(): Promise<number> {
  const all = Deno.args.includes("--all");
  const uses = usesOf(packageExports());
  const budgets = JSON.parse(await Deno.readTextFile(BUDGETS)) as Record<string, number>;
  const reached: Record<string, number> = {};
  const over: Use[] = [];
  console.log("compressed  minified  use");
  for (const use of uses) {
    const { raw, gzip } = sizeOf(await bundleUse(use));
    const budget = budgets[use.name] ?? 0;
    const verdict = verdictOf(gzip, budget, use.target);
    console.log(`${kB(gzip).padStart(10)}${kB(raw).padStart(10)}  ${use.name}: ${verdict}`);
    reached[use.name] = Math.ceil(gzip / 100) * 100;
    if (gzip > budget) over.push(use);
  }
  await printPeers();
  if (Deno.args.includes("--write")) {
    await Deno.writeTextFile(BUDGETS, JSON.stringify(reached, null, 2) + "\n");
    console.log(`${BUDGETS} written`);
    return 0;
  }
  for (const use of all ? uses : over) await listModules(use, all ? Infinity : 25);
  console.log(`size: ${over.length === 0 ? "each" : `all but ${over.length}`} within its budget`);
  return over.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
