/**
 * Checks how `src/` is built: dependency direction, import cycles, banned code and names, file
 * sizes. The rules are the tables in `layer_rules.ts`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import {
  APART,
  BANNED_NAMES,
  BANS,
  EXTERNAL,
  FILE_LINES,
  GENERATED,
  LAYERS,
} from "./layer_rules.ts";
import type { Layer } from "./layer_rules.ts";
import { readImports } from "./module_graph.ts";
import type { Import } from "./module_graph.ts";
import { sourceFiles } from "./source_files.ts";
import { stripCode } from "./strip_code.ts";

/** Returns the layer that owns a path, `undefined` outside the package's own code. */
export function layerOf(path: string): Layer | undefined {
  return LAYERS.find(({ files }) => files.some((prefix) => path.startsWith(prefix)));
}

/** Returns the imports that do not point down, leave the package, or join what stays apart. */
export function importProblems(imports: readonly Import[]): string[] {
  return imports.flatMap((edge) => {
    const problem = /^[a-z]+:/.test(edge.to)
      ? externalProblem(edge)
      : directionProblem(edge, imports);
    return problem ? [`${edge.from}:${edge.line} imports ${edge.to}: ${problem}`] : [];
  });
}

function externalProblem({ from, to }: Import): string | undefined {
  const allowed = EXTERNAL.some(({ files, prefix }) =>
    from.startsWith(files) && to.startsWith(prefix)
  );
  return allowed ? undefined : "shipped code has no dependencies there";
}

function directionProblem(edge: Import, all: readonly Import[]): string | undefined {
  const from = layerOf(edge.from);
  const to = layerOf(edge.to);
  if (!from || !to) return "it is not part of the package";
  const allowed = edge.typeOnly ? [...from.imports, ...from.types ?? []] : from.imports;
  if (!allowed.includes(to.name)) {
    return `"${from.name}" may not import "${to.name}"${edge.typeOnly ? ", types included" : ""}`;
  }
  const apart = APART.find(({ folder }) =>
    [edge.from, edge.to].every((it) => it.startsWith(folder))
  );
  if (!apart || edge.from === `${apart.folder}mod.ts`) return undefined;
  const pure = !all.some((other) =>
    other.from === edge.to && !other.typeOnly && apart.makes.includes(layerOf(other.to)?.name ?? "")
  );
  return pure ? undefined : "neighbours there stay apart; move what both need to a pure file";
}

/** Returns each cycle of imports once. A type import is erased and closes no cycle. */
export function importCycles(imports: readonly Import[]): string[] {
  const next = Map.groupBy(imports.filter(({ typeOnly }) => !typeOnly), ({ from }) => from);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push(`import cycle: ${[...trail.slice(start), path].join(" -> ")}`);
    if (start >= 0 || done.has(path)) return;
    for (const { to } of next.get(path) ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return cycles;
}

/** Returns what a file's text and name break. */
export function textProblems(path: string, source: string): string[] {
  const code = stripCode(source);
  const problems = BANS
    .filter(({ files }) => files.some((prefix) => path.startsWith(prefix)))
    .filter(({ except = [] }) => !except.some((prefix) => path.startsWith(prefix)))
    .flatMap(({ name, pattern, instead }) =>
      [...code.matchAll(pattern)].map(({ index }) => {
        const line = code.slice(0, index).split("\n").length;
        return `${path}:${line} uses ${name}: ${instead}`;
      })
    );
  const vague = BANNED_NAMES.exec(path)?.[2];
  if (vague) problems.push(`${path} is named "${vague}": name it after what it holds`);
  const lines = lineCount(source);
  if (lines > FILE_LINES.fail && !GENERATED.test(path)) {
    problems.push(`${path} has ${lines} lines: split it at ${FILE_LINES.fail}`);
  }
  return problems;
}

/** Returns a warning for a file that grows long. */
export function sizeWarning(path: string, source: string): string | undefined {
  const lines = lineCount(source);
  if (lines <= FILE_LINES.warn || lines > FILE_LINES.fail || GENERATED.test(path)) return undefined;
  return `${path} has ${lines} lines: look at it again from ${FILE_LINES.warn}`;
}

function lineCount(source: string): number {
  return source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
}

if (import.meta.main) {
  const files = ["mod.ts", ...await sourceFiles("src")];
  const imports = await readImports(files);
  const problems = [...importProblems(imports), ...importCycles(imports)];
  for (const path of files) {
    const source = await Deno.readTextFile(path);
    problems.push(...textProblems(path, source));
    const warning = sizeWarning(path, source);
    if (warning) console.warn(`warning: ${warning}`);
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exit(1);
  console.log(`${files.length} files, ${imports.length} imports: all point down`);
}
