/** The programs of a Markdown page: each `ts` block is one, its results stand in comments. */

import { assertEquals } from "@std/assert";

/** The file that is run. */
export const MAIN = "main.ts";

/** One program. */
export interface PageProgram {
  /** The heading above it. */
  readonly heading: string;
  /** The line of the page that it begins at. */
  readonly line: number;
  readonly code: string;
  /** The files that it imports, by name: blocks right above it that begin with their name. */
  readonly files: Readonly<Record<string, string>>;
}

/** What one `console.log` prints: all its values, call by call. */
interface Printed {
  /** The line in the program. */
  readonly line: number;
  readonly text: string;
}

/** One call of what stands in for `console.log`. */
export type Call = readonly [line: number, ...values: unknown[]];

/**
 * The programs of a page. Blocks that begin with the name of a file are one program, of which
 * `main.ts` is the last; Deno is told to ignore them, since it checks each block by itself.
 */
export function programsOf(page: string): PageProgram[] {
  const programs: PageProgram[] = [];
  let heading = "";
  let files: Record<string, string> = {};
  for (const match of page.matchAll(/^#+ (.*)$|^```ts(?: ignore)?\n([^]*?)^```$/gm)) {
    const [, title, code = ""] = match;
    const [, file] = /^\/\/ (\w+\.ts)\n/.exec(code) ?? [];
    if (title !== undefined) heading = title;
    else if (file !== undefined && file !== MAIN) files[file] = code;
    else {
      programs.push({ heading, line: lineOf(page, match.index), code, files });
      files = {};
    }
  }
  return programs;
}

function lineOf(page: string, index: number): number {
  return page.slice(0, index).split("\n").length;
}

/** The hosts that the programs call. */
const HOSTS = /https:\/\/(?:jsonplaceholder\.typicode\.com|api\.github\.com|httpbingo\.org)/g;

/** The files of a program, with a server of ours in the place of the hosts. */
export function filesOf(
  { code, files }: PageProgram,
  origin: string,
  print: string,
): Record<string, string> {
  const main = code.split("\n").map((line, at) =>
    line.replaceAll("console.log(", `${print}(${at + 1}, `)
  ).join("\n");
  return Object.fromEntries(
    Object.entries({ ...files, [MAIN]: main }).map(([name, text]) => {
      return [name, text.replace(HOSTS, origin)];
    }),
  );
}

/** Compares what a program has printed with its comments. */
export function assertPrinted(
  { code }: PageProgram,
  calls: readonly Call[],
  origin: string,
): void {
  const printed = joined(calls);
  for (const { line, text } of promised(code)) {
    const found = printed.find((it) => it.line === line)?.text;
    assertEquals(found, text.replace(HOSTS, origin), `line ${line} of the program`);
  }
}

/** The results that the program's comments promise: on the line of a `console.log`, or below it. */
export function promised(code: string): Printed[] {
  const lines = code.split("\n");
  return lines.flatMap((line, at) => {
    if (!line.includes("console.log(")) return [];
    const beside = / \/\/ (.*)$/.exec(line)?.[1];
    const below = /^\s*\/\/ (.*)$/.exec(lines[at + 1] ?? "")?.[1];
    const text = beside ?? below;
    return text === undefined ? [] : [{ line: at + 1, text }];
  });
}

/** What each line has printed, its calls in a row. */
function joined(
  calls: readonly Call[],
): Printed[] {
  const texts = new Map<number, string[]>();
  for (const [line, ...values] of calls) {
    const text = values.map(shown).join(" ");
    texts.set(line, [...texts.get(line) ?? [], text]);
  }
  return [...texts].map(([line, text]) => ({ line, text: text.join(", ") }));
}

/** A value as the comments write it, the same in every runtime. */
function shown(value: unknown): string {
  return typeof value === "string" ? value : inside(value);
}

function inside(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.length ? `[ ${value.map(inside).join(", ")} ]` : "[]";
  const members = Object.entries(value).map(([name, member]) => `${name}: ${inside(member)}`);
  return members.length ? `{ ${members.join(", ")} }` : "{}";
}
