/**
 * Bundling a small app as users do.
 *
 * @module
 */

import { captureCommand } from "../run_deno.ts";

/** Where to bundle, and with what. */
export interface BundleOptions {
  /** The folder with the programs. */
  readonly cwd: string;
  /** The folder that the bundlers are installed in. */
  readonly tool: string;
  /** The Node that runs them. */
  readonly node: string;
}

/** Bundles `bundled.mjs` into one file and returns its path. */
export async function bundleWith(
  bundler: "esbuild" | "rollup",
  format: "esm" | "cjs",
  { cwd, tool, node }: BundleOptions,
): Promise<string> {
  const out = `${cwd}/${bundler}.${format === "esm" ? "mjs" : "cjs"}`;
  const args = ["bundle_host.mjs", tool, bundler, format, out];
  const { code, output } = await captureCommand(node, args, { cwd, limitMs: 60_000 });
  if (code !== 0) throw new Error(`Cannot bundle with ${bundler}: ${output}`);
  return out;
}
