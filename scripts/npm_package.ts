/**
 * What package.json of the npm copy says beyond deno.json, whichever tool builds the copy.
 *
 * @module
 */

/** Fields neither dnt nor `deno pack` fill in. */
export const NPM_FIELDS: Readonly<Record<string, unknown>> = {
  description: "HTTP client with one pipeline and two ways to call it: await get() and getSync()",
  keywords: ["http", "client", "fetch", "sync", "synchronous", "retry", "deno", "node", "bun"],
  license: "MIT",
  // From here on Node can require() ES modules, which is all that `deno pack` emits.
  engines: { node: ">=20.19" },
  sideEffects: false,
};

/** Returns deno.json's name, version and exports. */
export function readDenoJson(): { name: string; version: string; exports: Record<string, string> } {
  return JSON.parse(Deno.readTextFileSync("deno.json"));
}
