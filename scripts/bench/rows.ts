/**
 * Running the programs, and making rows of what they report.
 *
 * @module
 */

import { bundle, sizeOf } from "../check_size.ts";
import { wholeOf } from "../size_uses.ts";
import { BLOCKING } from "./rivals.ts";
import type { Servers } from "./servers.ts";
import { resultsOf, type RunFolder, runProgram, type Runtime } from "./setup.ts";
import { TARGETS } from "./targets.ts";
import type { StartKind } from "./start_program.ts";
import type { TimingResult } from "./timing_program.ts";
import { type Spread, spreadOf, type TurnOptions } from "./turns.ts";

/** One figure. */
export interface Row {
  /** Name and version of the runtime; empty for what needs none. */
  readonly runtime: string;
  readonly scenario: string;
  readonly name: string;
  readonly unit: "us" | "ms" | "bytes";
  readonly value?: Spread;
  readonly error?: string;
}

/** How much to measure. */
export interface Depth {
  readonly quick: boolean;
  /** A part of the names of the scenarios to run. */
  readonly only: string;
  /** How many runs there are; of what has a target, each of several measures a part. */
  readonly runs: number;
  /** Which of them this is, from 0: only the first measures what has no target. */
  readonly run: number;
}

function measures(scenario: string, { only, run }: Depth): boolean {
  return scenario.includes(only) && (run === 0 || hasTarget(scenario));
}

function hasTarget(scenario: string): boolean {
  return TARGETS.some((target) => target.scenario === scenario);
}

/** A run's part of what is measured in all of them. */
function partOf(count: number, scenario: string, { runs }: Depth): number {
  return runs > 1 && hasTarget(scenario) ? Math.ceil(count / 2) : count;
}

/** One row for what several runs have measured: the medians of their figures. */
export function combine(runs: readonly (readonly Row[])[]): Row[] {
  const keyOf = ({ runtime, scenario, name }: Row) => [runtime, scenario, name].join("\n");
  return [...Map.groupBy(runs.flat(), keyOf).values()].map((rows) => {
    const { value: _, ...about } = rows.find((row) => row.value) ?? rows[0] as Row;
    const values = rows.flatMap((row) => row.value ?? []);
    if (values.length === 0) return about;
    const median = (part: keyof Spread) => spreadOf(values.map((value) => value[part])).median;
    return { ...about, value: { q1: median("q1"), median: median("median"), q3: median("q3") } };
  });
}

const PROBE_LIMIT_MS = 4_000;

/** Every timed scenario, in the order of the page. */
export const SCENARIOS = [
  "async small JSON",
  "sync small JSON",
  "sync small JSON, others",
  "sync, 10 ms on the server",
  "100 × 20 ms at once",
  "body of 1 MiB",
  "body of 64 MiB",
  "10 interceptors each way",
  "one retry",
] as const;

/** The scenarios in processes of their own. */
export const STARTS: Readonly<Record<string, readonly StartKind[]>> = {
  "first sync call of a process": ["first bare", "first getSync", "first getSync, warm"],
  "memory in use": ["memory", "memory, imported", "memory, bare", "memory, worker"],
  "memory over the baseline, 1 GiB streamed": [
    "stream, fetch",
    "stream, await get",
    "stream, getSync",
  ],
};

/** The modules whose import is timed; the first is ours. */
const IMPORTED = ["@ax/client", "axios", "got", "ky", "ofetch", "undici", "wretch", "xior"];

/** What the scenario of imports is called. */
export const IMPORT = "import of the package";

/** Times the scenarios in one process. */
export async function timingRows(
  run: RunFolder,
  runtime: Runtime,
  { files, origin }: Servers,
  depth: Depth,
): Promise<Row[]> {
  const scenarios = SCENARIOS
    // Some seconds for a few turns: nothing for a quick look.
    .filter((name) => measures(name, depth) && !(depth.quick && name === "body of 64 MiB"))
    .map((name) => ({ name, options: turnsOf(name, depth) }));
  if (scenarios.length === 0) return [];
  const url = `${files}/small`;
  const hanging = scenarios.some(({ name }) => name === "sync small JSON, others")
    ? await hangingRivals(run, runtime, url)
    : [];
  const task = { client: runtime.client, files, origin, scenarios, hanging };
  const results = await runProgram<TimingResult>(run, runtime, "timing_program", task);
  const rows = results.flatMap(({ scenario, timed }) =>
    timed.map(({ name, us, error }): Row => ({
      runtime: runtime.name,
      scenario,
      name,
      unit: "us",
      ...us && { value: us },
      ...error !== undefined && { error },
    }))
  );
  return rows.concat(hanging.map((name): Row => ({
    runtime: runtime.name,
    scenario: "sync small JSON, others",
    name,
    unit: "us",
    error: "its first call fails, or never returns",
  })));
}

function turnsOf(scenario: string, depth: Depth): TurnOptions {
  if (depth.quick) return { turnMs: 3, warmMs: 80, rounds: 40, limitMs: 800 };
  const [rounds, limitMs] = [250, 8_000].map((count) => partOf(count, scenario, depth));
  const warmth = scenario === "sync small JSON" ? 2 : 1;
  return { turnMs: 3, warmMs: 2_500, warmth, rounds: rounds ?? 0, limitMs: limitMs ?? 0 };
}

/** A client that hangs would hang the program with it. */
async function hangingRivals(run: RunFolder, runtime: Runtime, url: string): Promise<string[]> {
  const hanging = await Promise.all(BLOCKING.map(async (module) => {
    const task = { what: "probe", module, url };
    return await runProgram(run, runtime, "start_program", task, PROBE_LIMIT_MS)
      .then(() => [], () => [module]);
  }));
  return hanging.flat();
}

/** Measures starts, each in a process of its own, in turns. */
export async function startRows(
  run: RunFolder,
  runtime: Runtime,
  { files }: Servers,
  depth: Depth,
): Promise<Row[]> {
  const { quick } = depth;
  const kinds = Object.entries(STARTS).filter(([scenario]) => measures(scenario, depth));
  const rows: Row[] = [];
  const url = `${files}/small`;
  const one = async (what: StartKind, module: string): Promise<number> =>
    (await runProgram<number>(run, runtime, "start_program", { what, module, url }))[0] ?? NaN;
  for (const [scenario, whats] of kinds) {
    const memory = scenario.startsWith("memory");
    if (quick && memory) continue;
    const rounds = partOf(quick || memory ? 3 : 15, scenario, depth);
    const measured = await inRounds(whats, rounds, (what) => one(what, runtime.client));
    rows.push(...rowsOf(measured, { runtime, scenario, unit: memory ? "bytes" : "ms" }));
  }
  if (measures(IMPORT, depth) && !quick) {
    const module = (name: string) => name === IMPORTED[0] ? runtime.client : name;
    const measured = await inRounds(IMPORTED, 10, (name) => one("import", module(name)));
    rows.push(...rowsOf(measured, { runtime, scenario: IMPORT, unit: "ms" }));
  }
  return rows;
}

type Measured = Map<string, number[] | string>;

async function inRounds<Name extends string>(
  names: readonly Name[],
  rounds: number,
  measure: (name: Name) => Promise<number>,
): Promise<Measured> {
  const measured: Measured = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const values = measured.get(name);
      if (!Array.isArray(values)) continue;
      try {
        values.push(await measure(name));
      } catch (error) {
        measured.set(name, (error as Error).message);
      }
    }
  }
  return measured;
}

function rowsOf(
  measured: Measured,
  { runtime, scenario, unit }: { runtime: Runtime; scenario: string; unit: Row["unit"] },
): Row[] {
  return [...measured].map(([name, values]): Row => ({
    runtime: runtime.name,
    scenario,
    name,
    unit,
    ...Array.isArray(values) ? { value: spreadOf(values) } : { error: values },
  }));
}

/** Where Debian's Python is; one that a version manager put on PATH has no packages. */
const PYTHON = ["/usr/bin/python3", "python3"];

/** Times Python's clients. */
export async function pythonRows({ files }: Servers, quick: boolean): Promise<Row[]> {
  const program = new URL("./rivals.py", import.meta.url).pathname;
  const task = JSON.stringify({ url: `${files}/small`, rounds: quick ? 40 : 250, turnMs: 3 });
  for (const python of PYTHON) {
    try {
      const [times = {}] = await resultsOf<Record<string, number[]>>(python, [program, task], ".");
      return Object.entries(times).map(([name, values]): Row => ({
        runtime: "Python",
        scenario: "sync small JSON, others",
        name,
        unit: "us",
        value: spreadOf(values),
      }));
    } catch {
      // The next one may have them.
    }
  }
  return [];
}

/** What is bundled for the sizes. */
export const SIZES: Readonly<Record<string, string>> = {
  'entry "." whole': wholeOf("./mod.ts"),
  "create": 'export { create } from "./mod.ts";',
  "get and getSync": 'export { get, getSync } from "./mod.ts";',
  "errors": 'export { isAxError, HTTPStatusError } from "./mod.ts";',
  'entry "./testing"': wholeOf("./src/testing/mod.ts"),
};

/** Measures bundles. */
export async function sizeRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, code] of Object.entries(SIZES)) {
    const { gzip } = sizeOf(await bundle(code));
    const value = { q1: gzip, median: gzip, q3: gzip };
    rows.push({
      runtime: "",
      scenario: "size, minified and compressed",
      name,
      unit: "bytes",
      value,
    });
  }
  return rows;
}
