/**
 * The sizes of other clients, bundled for a page as ours are.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { bundleFiles } from "./esbuild.ts";
import { provide } from "./tools.ts";

/** A client in a page: what it does not use may be left out. */
const PEERS: Readonly<Record<string, string>> = {
  "ky": 'export { default } from "ky";',
  "axios": 'import axios from "axios"; export const { create } = axios;',
  "ofetch": 'export { ofetch } from "ofetch";',
  "wretch": 'export { default } from "wretch";',
  "xior": 'export { default } from "xior";',
  "got, for Node": 'export { default } from "got";',
  "alova, with its fetch": 'export { createAlova } from "alova"; ' +
    'export { default } from "alova/fetch";',
  "up-fetch": 'export { up } from "up-fetch";',
};

/** The size of one. */
export interface PeerSize {
  readonly name: string;
  readonly raw: number;
  readonly gzip: number;
}

/** Measures them, where they are in the cache or may be fetched. */
export async function peerSizes(): Promise<
  { readonly sizes: readonly PeerSize[] } | { readonly missing: string }
> {
  const tool = await provide("size peers");
  if ("missing" in tool) return tool;
  const sizes: PeerSize[] = [];
  for (const [name, code] of Object.entries(PEERS)) {
    const [file] = await bundleFiles({
      stdin: { contents: code, resolveDir: tool.folder, loader: "js" },
      minify: true,
      ...name.startsWith("got") && { platform: "node" },
    });
    const bytes = new TextEncoder().encode(file?.text);
    sizes.push({ name, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length });
  }
  return { sizes };
}
