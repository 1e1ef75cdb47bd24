/**
 * What is measured of the package: each entry, and what a program makes of it.
 *
 * @module
 */

/** One thing that is measured. */
export interface Use {
  readonly name: string;
  /** What is bundled; paths start at the checkout. */
  readonly code: string;
  /**
   * The code whose modules are there already, so that they do not count: a page's, for what it
   * loads later, and the client's for a plugin.
   */
  readonly beside?: string;
  /** Whether what is imported later counts as well, as in one script. */
  readonly whole?: boolean;
  /** Where it should come to; 1 kB is 1000 bytes. */
  readonly target?: number;
}

/** The code of a program that uses all of an entry. */
export function wholeOf(entry: string): string {
  return `export * from ${JSON.stringify(entry)};`;
}

const PAGE = 'export { create } from "./web.ts";';

const CLIENTS: readonly Use[] = [
  { name: "./web, create alone", code: PAGE, target: 22_000 },
  {
    name: "./web, what warmSync() loads",
    code: wholeOf("./src/sync/page_bridge.ts"),
    beside: PAGE,
    target: 10_000,
  },
  { name: "./web, streams and pages", code: wholeOf("./src/stream/open_streams.ts"), beside: PAGE },
  {
    name: "./edge, create in one script",
    code: 'export { create } from "./src/edge.ts";',
    whole: true,
    target: 32_000,
  },
  { name: "., everything", code: wholeOf("./mod.ts"), whole: true, target: 48_000 },
  { name: "., create alone", code: 'export { create } from "./mod.ts";', whole: true },
  { name: "., errors alone", code: 'export { HTTPStatusError, isAxError } from "./mod.ts";' },
  { name: "./testing, with the client", code: wholeOf("./src/testing/mod.ts"), whole: true },
];

/** Everything that is measured; a plugin without its libraries, beside the client of a page. */
export function usesOf(exports: Readonly<Record<string, string>>): Use[] {
  const plugins = Object.entries(exports).filter(([name]) => name.startsWith("./plugins/"))
    .map(([name, path]): Use => ({ name, code: wholeOf(path), beside: wholeOf("./web.ts") }));
  return [...CLIENTS, ...plugins];
}
