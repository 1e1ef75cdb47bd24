/**
 * Programs for tests that come as npm packages: other runtimes, bundlers, linters. Each is
 * installed once into a cache folder, outside this checkout.
 *
 * @module
 */

import { captureCommand } from "./run_deno.ts";

/** The one esbuild of everything here: the same source must give the same bytes everywhere. */
export const ESBUILD = "esbuild@0.28.2";

/** Pinned: the table in docs/runtimes.md says what was tested. */
const TOOLS = {
  "node 20": [nodePackage("20.20.2")],
  "node 22": [nodePackage("22.23.3")],
  "node 24": [nodePackage("24.21.0")],
  "node 26": [nodePackage("26.12.1")],
  "bun": ["bun@1.4.5"],
  "undici": ["undici@7.29.1"],
  "undici 6": ["undici@6.29.1"],
  "undici 7": ["undici@7.30.2"],
  "undici 8": ["undici@8.13.1"],
  "recheck": ["recheck@4.5.0"],
  "miniflare": ["miniflare@4.20260730.0"],
  "typescript": ["typescript@5.9.3", "@types/node@20"],
  "oldest typescript": ["typescript@5.7.3", "@types/node@20"],
  "linters": ["publint@0.3.25", "@arethetypeswrong/cli@0.18.5"],
  "bundlers": [ESBUILD, "rollup@4.68.7", "@rollup/plugin-node-resolve@16.0.3"],
  "page bundlers": ["vite@8.4.0", "webpack@5.113.0", "webpack-cli@7.3.1"],
  "size peers": [
    ...["ky@2.1.0", "axios@1.21.1", "ofetch@1.5.1", "wretch@3.0.9", "xior@0.8.5"],
    ...["got@16.1.0", "alova@3.5.5", "up-fetch@2.6.1"],
  ],
} as const satisfies Record<string, readonly string[]>;

/** What can be asked for. */
export type ToolName = keyof typeof TOOLS;

/** Where a tool is, or why it is not here. */
export type Tool = { readonly folder: string } | { readonly missing: string };

/** The pinned jsr client; releases run it through `npx`. */
export const JSR_CLIENT = "jsr@0.14.3";

const INSTALL_LIMIT_MS = 3 * 60_000;

/**
 * Finds a tool, or installs it where that is wanted: in CI, and with `AX_FETCH=1`. Elsewhere a
 * test run should not download 200 MB unasked.
 */
export async function provide(name: ToolName): Promise<Tool> {
  const packages: readonly string[] = TOOLS[name];
  const folder = `${cacheFolder()}/${packages.join("+").replaceAll("/", "_")}`;
  if (await exists(folder)) return { folder };
  if (!mayFetch()) return { missing: `${name} is not in the cache, AX_FETCH=1 fetches it` };
  // Installed elsewhere and renamed: another process may be about to do the same.
  const making = `${folder}.${crypto.randomUUID().slice(0, 8)}`;
  await Deno.mkdir(making, { recursive: true });
  await Deno.writeTextFile(`${making}/package.json`, '{ "private": true }');
  const args = ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages];
  const result = await npm(making, args, INSTALL_LIMIT_MS);
  if (result.code === 0) await Deno.rename(making, folder).catch(() => {});
  await Deno.remove(making, { recursive: true }).catch(() => {});
  if (await exists(folder)) return { folder };
  return { missing: `${name} could not be installed: ${result.output.trim().split("\n")[0]}` };
}

/** Runs npm; a missing npm is a failed run. */
export async function npm(
  cwd: string,
  args: string[],
  limitMs: number = INSTALL_LIMIT_MS,
): Promise<{ code: number; output: string }> {
  const program = Deno.build.os === "windows" ? "npm.cmd" : "npm";
  return await captureCommand(program, args, { cwd, limitMs })
    .catch((error: Error) => ({ code: 127, output: `npm cannot be run: ${error.message}` }));
}

/** Where tools and built copies are kept. */
export function cacheFolder(): string {
  const { env } = Deno;
  const base = env.get("XDG_CACHE_HOME") ?? `${env.get("HOME") ?? "/tmp"}/.cache`;
  return `${base}/ax-client-ci/tools`;
}

/** Whether downloads are wanted. */
export function mayFetch(): boolean {
  return Deno.env.get("AX_FETCH") === "1" || Deno.env.get("CI") === "true";
}

/** Whether there is something at a path. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The package that holds Node's binary for this machine; `node` would need an install script. */
function nodePackage(version: string): string {
  const os = { darwin: "darwin", windows: "win" }[Deno.build.os as string] ?? "linux";
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  return `node-${os}-${arch}@${version}`;
}
