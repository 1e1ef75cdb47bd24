/**
 * Rows of what is measured in processes of their own, in turns.
 *
 * @module
 */

import { captureCommand } from "../run_deno.ts";
import { type Depth, measures, partOf, type Row } from "./rows.ts";
import type { Servers } from "./servers.ts";
import { type RunFolder, runProgram, type Runtime } from "./setup.ts";
import type { Start, StartKind, StartTask } from "./start_program.ts";
import { spreadOf } from "./turns.ts";

/** A scenario whose contenders have a process each. */
interface StartScenario {
  readonly whats: readonly StartKind[];
  /** The names of the rows, and of which of the figures they are. */
  readonly rows: Readonly<Record<string, keyof Start>>;
  /** Processes of each contender. */
  readonly rounds: number;
  /** Whether a quick look has the time. */
  readonly quick?: boolean;
  /** The runtime that cannot do it. */
  readonly notIn?: string;
}

const LINES: readonly StartKind[] = ["lines, fetch", "lines, await get", "lines, getSync"];

const SCENARIOS: readonly StartScenario[] = [
  {
    whats: ["first fetch", "first await get", "first bare", "first getSync", "first getSync, warm"],
    rows: { "first call of a process": "ms" },
    rounds: 11,
    quick: true,
  },
  {
    whats: LINES,
    rows: { "1 GiB by lines": "ms", "memory over the baseline, 1 GiB by lines": "bytes" },
    rounds: 1,
  },
  {
    whats: ["heap, fetch", "heap, await get"],
    rows: { "heap per call, 1,000 at once": "bytes" },
    rounds: 1,
    // It lets 256 requests go at once.
    notIn: "Bun",
  },
  {
    whats: ["memory", "memory, imported", "memory, bare", "memory, worker"],
    rows: { "memory in use": "bytes" },
    rounds: 2,
  },
];

/** What an old commit is measured with as well. */
const BEFORE: readonly StartKind[] = ["first await get", "first getSync", ...LINES.slice(1)];

/** Whether some scenario that is measured reads the files of lines. */
export function readsLines({ quick, only }: Depth): boolean {
  return !quick &&
    SCENARIOS.some(({ whats, rows }) =>
      whats === LINES && Object.keys(rows).some((scenario) => scenario.includes(only))
    );
}

/** Measures starts and memory. */
export async function startRows(
  run: RunFolder,
  runtime: Runtime,
  { files, origin }: Servers,
  depth: Depth,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { whats, rows: scenarios, rounds, quick, notIn } of SCENARIOS) {
    if (notIn !== undefined && runtime.name.startsWith(notIn)) continue;
    const wanted = Object.entries(scenarios)
      .filter(([scenario]) => measures(scenario, runtime.name, depth));
    if (wanted.length === 0 || depth.quick && !quick) continue;
    const tasks = new Map<string, StartTask>(
      whats.map((what) => [what, { what, module: runtime.client, files, origin }]),
    );
    for (const what of runtime.before === undefined ? [] : BEFORE) {
      if (!whats.includes(what)) continue;
      tasks.set(`${what}, before`, { what, module: runtime.before as string, files, origin });
    }
    const part = partOf(depth.quick ? 3 : rounds, wanted[0]?.[0] ?? "", runtime.name, depth);
    const measured = await inRounds(
      tasks,
      part,
      async (task) => (await runProgram<Start>(run, runtime, "start_program", task))[0] ?? {},
    );
    for (const [scenario, unit] of wanted) {
      rows.push(...rowsOf(measured, { runtime: runtime.name, scenario, unit }));
    }
  }
  return rows;
}

/** What is imported besides an empty module and ours; without a target. */
const IMPORTED = "alova axios got ky ofetch undici up-fetch wretch xior".split(" ");

/** Processes of an empty module and ours, and of each other. */
const IMPORT_ROUNDS = { own: 21, others: 5 };

/** Times whole processes that import a module and do nothing with it. */
export async function importRows(
  run: RunFolder,
  runtime: Runtime,
  _: Servers,
  depth: Depth,
): Promise<Row[]> {
  const scenario = "process that only imports";
  if (depth.quick || !measures(scenario, runtime.name, depth)) return [];
  const { client, before } = runtime;
  const own = { "an empty module": "", "@ax/client": client, ...before && { before } };
  const others = Object.fromEntries(depth.run === 0 ? IMPORTED.map((name) => [name, name]) : []);
  const about = { runtime: runtime.name, scenario, unit: "ms" } as const;
  return [
    ...rowsOf(await importTimes(run, runtime, own, IMPORT_ROUNDS.own), about),
    ...rowsOf(await importTimes(run, runtime, others, IMPORT_ROUNDS.others), about),
  ];
}

async function importTimes(
  run: RunFolder,
  runtime: Runtime,
  modules: Readonly<Record<string, string>>,
  rounds: number,
): Promise<Measured> {
  for (const [name, module] of Object.entries(modules)) {
    const text = module === "" ? "" : `import ${JSON.stringify(module)};`;
    await Deno.writeTextFile(fileOf(run, name), text);
  }
  const files = new Map(Object.keys(modules).map((name) => [name, fileOf(run, name)]));
  return await inRounds(files, rounds, async (file) => {
    const start = performance.now();
    const { code, output } = await captureCommand(runtime.program, [...runtime.args, file]);
    const ms = performance.now() - start;
    if (code !== 0) throw new Error(output.trim().slice(-400));
    return { ms };
  });
}

function fileOf({ path }: RunFolder, name: string): string {
  return `${path}/imports_${name.replaceAll(/\W+/g, "_")}.mjs`;
}

type Measured = Map<string, Start[] | string>;

async function inRounds<Task>(
  tasks: ReadonlyMap<string, Task>,
  rounds: number,
  measure: (task: Task) => Promise<Start>,
): Promise<Measured> {
  const measured: Measured = new Map([...tasks.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, task] of tasks) {
      const values = measured.get(name);
      if (!Array.isArray(values)) continue;
      try {
        values.push(await measure(task));
      } catch (error) {
        measured.set(name, (error as Error).message);
      }
    }
  }
  return measured;
}

function rowsOf(
  measured: Measured,
  about: { runtime: string; scenario: string; unit: keyof Start },
): Row[] {
  return [...measured].map(([name, values]): Row => ({
    ...about,
    name,
    ...Array.isArray(values)
      ? { value: spreadOf(values.map((value) => value[about.unit] ?? NaN)) }
      : { error: values },
  }));
}
