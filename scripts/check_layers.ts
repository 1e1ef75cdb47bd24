/**
 * Checks how the sources hang together: dependency direction, import cycles, file sizes. The rules
 * are the tables in `layer_rules.ts`; what a file may contain is `lint/plugin.ts`'s.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { readIfPresent } from "./build_worker.ts";
import { type Exports, packageExports } from "./check_exports.ts";
import { APART, CORE, EXTERNAL, FILE_LINES, GENERATED, LAYERS } from "./layer_rules.ts";
import type { Layer } from "./layer_rules.ts";
import { readImports } from "./module_graph.ts";
import type { Import } from "./module_graph.ts";
import { sourceFiles } from "./source_files.ts";

/** Returns the layer that owns a path, `undefined` outside the package's own code. */
export function layerOf(path: string): Layer | undefined {
  return LAYERS.find(({ files }) => files.some((prefix) => path.startsWith(prefix)));
}

/** Returns the imports that do not point down, leave the package, or join what stays apart. */
export function importProblems(imports: readonly Import[]): string[] {
  return imports.flatMap((edge) => {
    const problem = isExternal(edge) ? externalProblem(edge) : directionProblem(edge, imports);
    return problem ? [`${edge.from}:${edge.line} imports ${edge.to}: ${problem}`] : [];
  });
}

function isExternal({ to }: Import): boolean {
  return /^[a-z]+:/.test(to);
}

function externalProblem({ from, to }: Import): string | undefined {
  const allowed = from.startsWith(EXTERNAL.files) && to.startsWith(EXTERNAL.prefix);
  return allowed ? undefined : "shipped code has no dependencies there";
}

function directionProblem(edge: Import, all: readonly Import[]): string | undefined {
  const from = layerOf(edge.from);
  const to = layerOf(edge.to);
  if (!from) return `no room of the layout has ${edge.from}`;
  if (!to) return "no room of the layout has it";
  if (from !== to && !from.imports.includes(to.name)) {
    return `"${from.name}" may not import "${to.name}"`;
  }
  const apart = APART.find(({ folder }) =>
    [edge.from, edge.to].every((path) => path.startsWith(folder))
  );
  if (!apart || edge.from === apart.list || isPartOf(edge.to, edge.from)) return undefined;
  if (apart.shared?.includes(edge.to)) return undefined;
  const pure = !all.some((other) =>
    other.from === edge.to && !other.typeOnly && layerOf(other.to)?.name === apart.makes
  );
  return pure ? undefined : "neighbours there stay apart; move what both need to a pure file";
}

/** Whether a file is named as a part of another: `cache/store.ts` or `cache_store.ts` of `cache.ts`. */
function isPartOf(part: string, whole: string): boolean {
  const name = whole.replace(/\.ts$/, "");
  return part.startsWith(`${name}/`) || part.startsWith(`${name}_`);
}

/** Returns the entries that lead to a package from a registry and may not. */
export function dependencyProblems(exports: Exports, imports: readonly Import[]): string[] {
  const next = Map.groupBy(imports, ({ from }) => from);
  return Object.entries(exports).flatMap(([name, path]) => {
    if (EXTERNAL.entries.test(name)) return [];
    const seen = new Set<string>();
    const visit = (file: string): string[] => {
      if (seen.has(file)) return [];
      seen.add(file);
      return (next.get(file) ?? []).flatMap((edge) =>
        isExternal(edge)
          ? [`entry "${name}" leads to ${edge.to}, by ${file}: it has no dependencies`]
          : visit(edge.to)
      );
    };
    return visit(path.replace(/^\.\//, ""));
  });
}

/** Returns each cycle of imports once, types included. */
export function importCycles(imports: readonly Import[]): string[] {
  const next = Map.groupBy(imports, ({ from }) => from);
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

/** Returns what the sizes of the files break, and what they come close to. */
export function sizeProblems(
  lines: ReadonlyMap<string, number>,
): { problems: string[]; warnings: string[] } {
  const written = [...lines].filter(([path]) => !GENERATED.test(path));
  const long = written.filter(([, count]) => count > FILE_LINES.warn);
  const { problems, warnings } = Object.groupBy(
    long,
    ([, count]) => count > FILE_LINES.fail ? "problems" : "warnings",
  );
  const core = coreOf(lines);
  const over = (["files", "lines"] as const).filter((unit) => core[unit] > CORE[unit]);
  return {
    problems: [
      ...(problems ?? []).map(([path, count]) =>
        `${path} has ${count} lines: split it at ${FILE_LINES.fail}`
      ),
      ...over.map((unit) => `the core has ${core[unit]} ${unit}: at most ${CORE[unit]}`),
    ],
    warnings: (warnings ?? []).map(([path, count]) =>
      `${path} has ${count} lines: look at it again from ${FILE_LINES.warn}`
    ),
  };
}

/** Counts the files and lines of the core: written by hand, below `src/`. */
export function coreOf(lines: ReadonlyMap<string, number>): { files: number; lines: number } {
  const core = [...lines].filter(([path]) =>
    path.startsWith("src/") && !GENERATED.test(path) &&
    !CORE.without.some((folder) => path.startsWith(folder))
  );
  return { files: core.length, lines: core.reduce((sum, [, count]) => sum + count, 0) };
}

function lineCount(source: string): number {
  return source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
}

if (import.meta.main) {
  const exports = packageExports();
  const entries = ["mod.ts", "web.ts"].filter((path) => readIfPresent(path) !== undefined);
  const files = [...entries, ...await sourceFiles("src")];
  const imports = await readImports(files);
  const lines = new Map(files.map((path) => [path, lineCount(Deno.readTextFileSync(path))]));
  const sizes = sizeProblems(lines);
  const problems = [
    ...importProblems(imports),
    ...dependencyProblems(exports, imports),
    ...importCycles(imports),
    ...sizes.problems,
  ];
  for (const warning of sizes.warnings) console.warn(`warning: ${warning}`);
  for (const problem of problems) console.error(problem);
  const core = coreOf(lines);
  console.log(
    `${files.length} files, ${imports.length} imports; ` +
      `the core: ${core.files} files, ${core.lines} lines`,
  );
  if (problems.length > 0) Deno.exit(1);
}
