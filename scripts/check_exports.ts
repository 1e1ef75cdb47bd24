/**
 * Checks the package's entries: each exists, opens with a module doc, and is in the npm copy
 * too (and nothing else is), once that has been built.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { readIfPresent } from "./build_worker.ts";

/** Entry names and their files. */
export type Exports = Record<string, string>;

/** Returns `exports` of deno.json. */
export function packageExports(): Exports {
  const { exports } = JSON.parse(Deno.readTextFileSync("deno.json")) as { exports: Exports };
  return exports;
}

/** Returns what is wrong with one entry's text; `undefined` stands for a missing file. */
export function entryProblem(name: string, path: string, text: string | undefined): string[] {
  if (text === undefined) return [`"${name}": ${path} does not exist`];
  const doc = /^\s*\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
  if (doc === undefined) return [`"${name}": ${path} does not start with a module doc`];
  return /^\s*\*?\s*@module\b/m.test(doc)
    ? []
    : [`"${name}": the first doc of ${path} has no @module`];
}

/** Returns the entries that only one of the two lists has. */
export function entryDifferences(ours: string[], npm: string[]): string[] {
  return [
    ...ours.filter((name) => !npm.includes(name)).map((name) => `"${name}" is missing in npm/`),
    ...npm.filter((name) => !ours.includes(name)).map((name) => `"${name}" is only in npm/`),
  ];
}

function npmEntries(): string[] | undefined {
  const text = readIfPresent("npm/package.json");
  if (text === undefined) return undefined;
  const { exports = {} } = JSON.parse(text) as { exports?: Record<string, unknown> };
  return Object.keys(exports).filter((name) => name !== "./package.json");
}

if (import.meta.main) {
  const exports = packageExports();
  const problems = Object.entries(exports)
    .flatMap(([name, path]) => entryProblem(name, path, readIfPresent(path)));
  const npm = npmEntries();
  if (npm) problems.push(...entryDifferences(Object.keys(exports), npm));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exit(1);
  console.log(`${Object.keys(exports).length} entries${npm ? ", the same in npm/" : ""}`);
}
