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
  engines: { node: "^20.19.0 || >=22.12.0" },
  sideEffects: false,
};

/** For contributors; not for who installs the package. */
export const NOT_IN_NPM: readonly string[] = ["CONTRIBUTING.md"];

/**
 * Returns where the sources are, as provenance wants it: from the variables of the workflow that
 * publishes. Elsewhere there is nothing to say, and no field.
 */
export function repositoryFields(
  env: { readonly [name: string]: string | undefined },
): Record<string, unknown> {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = env;
  if (!server || !name) return {};
  const url = `${server}/${name}`;
  return {
    repository: { type: "git", url: `git+${url}.git` },
    homepage: `${url}#readme`,
    bugs: { url: `${url}/issues` },
  };
}

/**
 * Returns the text of a `.d.ts` with what it needs of TypeScript's own types: a consumer with
 * `lib: ["ES2022", "DOM"]` has no `Symbol.dispose`.
 */
export function completeTypes(text: string): string {
  const reference = '/// <reference lib="esnext.disposable" />\n';
  const needed = /\bSymbol\.(async)?[dD]ispose\b/.test(text) && !text.startsWith(reference);
  return needed ? reference + text : text;
}

/** Returns deno.json's name, version and exports. */
export function readDenoJson(): { name: string; version: string; exports: Record<string, string> } {
  return JSON.parse(Deno.readTextFileSync("deno.json"));
}
