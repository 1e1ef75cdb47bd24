/**
 * What package.json of the npm copy says beyond deno.json, whichever tool builds the copy.
 *
 * @module
 */

/** The folder of the ES modules in the npm copy. */
export const ESM = "esm";

/** The folder of the CommonJS modules in the npm copy. */
export const SCRIPT = "script";

/** Fields that are the same in every version. */
export const NPM_FIELDS: Readonly<Record<string, unknown>> = {
  description: "HTTP client with one pipeline and two ways to call it: await get() and getSync()",
  keywords: ["http", "client", "fetch", "sync", "synchronous", "retry", "deno", "node", "bun"],
  license: "MIT",
  // Earlier ones have no process.getBuiltinModule, and so no sync calls.
  engines: { node: "^20.16.0 || >=22.3.0" },
  sideEffects: false,
  type: "module",
};

/** Entry names and their files, as deno.json has them. */
export type Entries = Readonly<Record<string, string>>;

/** What one condition leads to. */
export interface Target {
  readonly types: string;
  readonly default: string;
}

/** Both formats of an entry. */
export interface Formats {
  readonly import: Target;
  readonly require: Target;
}

/** An entry of package.json; conditions are looked at from the top. */
export type Conditions = Formats | (Formats & Readonly<Record<string, Formats | Target>>);

/** Where threads can be had: these come first, since some tools set a web condition as well. */
const WITH_THREADS = ["deno", "bun", "node"];

/** Where the entry `./web` stands in for `.`. */
const WEB = ["worker", "browser"];

/** Where the entry `./edge` stands in for both. */
const ISOLATES = ["workerd", "edge-light"];

/** Packages that a program brings along if it wants the plugin. */
const OPTIONAL: readonly string[] = ["@opentelemetry/api"];

/** Returns `exports` and its older forms. */
export function npmExports(
  entries: Entries,
): { main: string; module: string; types: string; exports: Record<string, unknown> } {
  const main = formatsOf(entries["."] ?? "");
  const exports = Object.entries(entries).map((
    [name, path],
  ) => [name, entryOf(name, path, entries)]);
  return {
    main: main.require.default,
    module: main.import.default,
    types: main.import.types,
    exports: { ...Object.fromEntries(exports), "./package.json": "./package.json" },
  };
}

/** An entry: a page and an isolate are led to the files that belong together there. */
function entryOf(name: string, path: string, entries: Entries): Conditions {
  const { "./web": web, "./edge": edge } = entries;
  const formats = formatsOf(path);
  if (!web || !edge || name === "./edge") return formats;
  const isolate = under(ISOLATES, name === "." ? formatsOf(edge) : formatsOf(path, PAGE));
  if (name === "./web") return { ...under(ISOLATES, formatsOf(edge)), ...formats };
  const page = under(WEB, name === "." ? formatsOf(web) : formatsOf(path, PAGE));
  return { ...under(WITH_THREADS, formats), ...isolate, ...page, ...formats };
}

function under(conditions: readonly string[], formats: Formats): Record<string, Formats> {
  return Object.fromEntries(conditions.map((condition) => [condition, formats]));
}

/** The folder in each format of what is led to in pages and isolates. */
export const PAGE = "page";

/** The entries that are only there. */
export const PAGE_ENTRIES: readonly string[] = ["./web.ts", "./src/edge.ts"];

/** Returns the files of an entry in both formats; the types are the same in every folder. */
export function formatsOf(
  path: string,
  within: string | undefined = PAGE_ENTRIES.includes(path) ? PAGE : undefined,
): Formats {
  const stem = path.replace(/^\.\//, "").replace(/\.ts$/, "");
  const target = (folder: string): Target => ({
    types: `./${folder}/${stem}.d.ts`,
    default: `./${folder}/${within === undefined ? "" : `${within}/`}${stem}.js`,
  });
  return { import: target(ESM), require: target(SCRIPT) };
}

/** Packages and their versions. */
export type Dependencies = Readonly<Record<string, string>>;

/** Returns the fields for what the sources import from npm; nothing where that is nothing. */
export function npmDependencies(found: Dependencies): Record<string, unknown> {
  const names = Object.keys(found).sort();
  const pick = (wanted: string[]): Dependencies =>
    Object.fromEntries(wanted.map((name) => [name, found[name] ?? "*"]));
  const needed = names.filter((name) => !OPTIONAL.includes(name));
  const optional = names.filter((name) => OPTIONAL.includes(name));
  return {
    ...(needed.length > 0 && { dependencies: pick(needed) }),
    ...(optional.length > 0 && {
      peerDependencies: pick(optional),
      peerDependenciesMeta: Object.fromEntries(optional.map((name) => [name, { optional: true }])),
    }),
  };
}

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
export function readDenoJson(): { name: string; version: string; exports: Entries } {
  return JSON.parse(Deno.readTextFileSync("deno.json"));
}
