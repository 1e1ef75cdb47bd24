/**
 * Reading who imports whom from `deno info`.
 *
 * @module
 */

import { capture } from "./run_deno.ts";

/** One import statement. Paths are relative to the package; others keep their scheme. */
export interface Import {
  /** The importing file. */
  from: string;
  /** What it imports. */
  to: string;
  /** Whether it is erased before anything runs. */
  typeOnly: boolean;
  /** Line of the specifier, from 1. */
  line: number;
}

interface Resolved {
  specifier?: string;
  error?: string;
  span?: { start: { line: number } };
}

interface Info {
  modules: {
    specifier: string;
    error?: string;
    dependencies?: { specifier: string; code?: Resolved; type?: Resolved }[];
  }[];
}

/** Returns the imports of `files` and of what they reach inside the package. */
export async function readImports(files: readonly string[]): Promise<Import[]> {
  const root = new URL(`file://${Deno.cwd().replaceAll("\\", "/")}/`).href;
  const modules = new Map<string, Import[]>();
  for (const file of files) {
    if (modules.has(file)) continue;
    const { code, output } = await capture(["info", "--json", file], { env: { NO_COLOR: "1" } });
    if (code !== 0) throw new Error(`Cannot read the imports of "${file}": ${output}`);
    for (const [path, imports] of parseInfo(output, root)) modules.set(path, imports);
  }
  return [...modules.values()].flat();
}

/** Returns each of the package's modules in the output of `deno info --json` with its imports. */
export function parseInfo(json: string, root: string): Map<string, Import[]> {
  const info = JSON.parse(json.slice(json.indexOf("{"), json.lastIndexOf("}") + 1)) as Info;
  const inside = (specifier: string): string =>
    specifier.startsWith(root) ? specifier.slice(root.length) : specifier;
  return new Map(
    info.modules.filter(({ specifier }) => specifier.startsWith(root)).map((module) => {
      const from = inside(module.specifier);
      const imports = (module.dependencies ?? []).map(({ specifier, code, type }) => ({
        from,
        to: inside(code?.specifier ?? type?.specifier ?? specifier),
        typeOnly: code === undefined,
        line: ((code ?? type)?.span?.start.line ?? 0) + 1,
      }));
      return [from, imports];
    }),
  );
}
