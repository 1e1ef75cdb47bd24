/**
 * Bundling with esbuild, as every script here does it.
 *
 * @module
 */

import { ESBUILD } from "./tools.ts";

/** One file of a bundle. */
export interface BundledFile {
  readonly path: string;
  readonly text: string;
}

interface Esbuild {
  buildSync(options: Record<string, unknown>): { outputFiles?: BundledFile[] };
  build(options: Record<string, unknown>): Promise<{ outputFiles?: BundledFile[] }>;
  stop(): Promise<void>;
}

/**
 * Not `deno bundle`, which differs from Deno to Deno; and not in deno.json's imports, which each
 * `deno task` would install first.
 */
const MODULE = `npm:${ESBUILD}`;

const SHARED: Readonly<Record<string, unknown>> = {
  bundle: true,
  write: false,
  format: "esm",
  platform: "browser",
  target: "es2022",
  legalComments: "none",
  logLevel: "error",
  external: ["node:*"],
  tsconfigRaw: "{}",
};

/** Bundles with esbuild's `options` over the shared ones; writes nothing unless asked to. */
export async function bundleFiles(options: Record<string, unknown>): Promise<BundledFile[]> {
  const esbuild = await load();
  const all = { ...SHARED, ...options };
  // Leaves no child process behind, but takes no plugins.
  if (!options.plugins) return esbuild.buildSync(all).outputFiles ?? [];
  try {
    return (await esbuild.build(all)).outputFiles ?? [];
  } finally {
    await esbuild.stop();
  }
}

async function load(): Promise<Esbuild> {
  try {
    return (await import(MODULE) as { default: Esbuild }).default;
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `Cannot bundle: ${MODULE} is not in Deno's cache, and npm cannot be reached: ${message}`,
    );
  }
}
