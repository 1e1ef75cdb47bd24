/**
 * Rows of what is timed in turns, and of Python's clients.
 *
 * @module
 */

import { BLOCKING } from "./rivals.ts";
import { type Depth, measures, partOf, type Row } from "./rows.ts";
import type { Servers } from "./servers.ts";
import { resultsOf, type RunFolder, runProgram, type Runtime } from "./setup.ts";
import type { TimingResult, TimingTask } from "./timing_program.ts";
import { spreadOf, type TurnOptions } from "./turns.ts";

/** What compares with other clients that block. */
export const OTHERS = "sync small JSON, others";

/** Every timed scenario, in the order of the page. */
const SCENARIOS = [
  "async small JSON",
  "sync small JSON",
  OTHERS,
  "sync, 10 ms on the server",
  "100 × 20 ms at once",
  "1,000 at once",
  "body of 1 MiB",
  "body of 64 MiB",
  "10 interceptors each way",
  "one retry",
] as const;

/** Nothing for a quick look: without a target, or some seconds for a few turns. */
const NOT_QUICK: readonly string[] = SCENARIOS.slice(SCENARIOS.indexOf("1,000 at once"));

const PROBE_LIMIT_MS = 4_000;

/** Times the scenarios in one process. */
export async function timingRows(
  run: RunFolder,
  runtime: Runtime,
  servers: Servers,
  depth: Depth,
): Promise<Row[]> {
  const { client, before, name: runtimeName } = runtime;
  const { files, origin } = servers;
  const scenarios = SCENARIOS
    .filter((name) => measures(name, runtimeName, depth))
    .filter((name) => !depth.quick || !NOT_QUICK.includes(name))
    .map((name) => ({ name, options: turnsOf(name, runtimeName, depth) }));
  if (scenarios.length === 0) return [];
  const hanging = scenarios.some(({ name }) => name === OTHERS)
    ? await hangingRivals(run, runtime, servers)
    : [];
  const task: TimingTask = {
    ...{ client, files, origin, scenarios, hanging },
    ...before !== undefined && { before },
  };
  const results = await runProgram<TimingResult>(run, runtime, "timing_program", task);
  const about = { runtime: runtimeName, unit: "us" } as const;
  const rows = results.flatMap(({ scenario, timed }) =>
    timed.map(({ name, us, cpu, error }): Row => ({
      ...about,
      scenario,
      name,
      ...us && { value: us },
      ...cpu && { cpu },
      ...error !== undefined && { error },
    }))
  );
  const error = "its first call fails, or never returns";
  return rows.concat(hanging.map((name): Row => ({ ...about, scenario: OTHERS, name, error })));
}

/** Compilers have seen the code when these come. */
const WARM_ALREADY: readonly string[] = SCENARIOS.slice(3, 8);

function turnsOf(scenario: string, runtime: string, depth: Depth): TurnOptions {
  if (depth.quick) return { turnMs: 3, warmMs: 200, rounds: 40, limitMs: 500 };
  const part = (count: number): number => partOf(count, scenario, runtime, depth);
  const warmMs = WARM_ALREADY.includes(scenario) ? 400 : 1_200;
  const warmth = scenario === "sync small JSON" ? 2 : 1;
  return { turnMs: 3, warmMs, warmth, rounds: part(250), limitMs: part(5_000) };
}

/** A client that hangs would hang the program with it. */
async function hangingRivals(
  run: RunFolder,
  runtime: Runtime,
  { files, origin }: Servers,
): Promise<string[]> {
  const hanging = await Promise.all(BLOCKING.map(async (module) => {
    const task = { what: "probe", module, files, origin } as const;
    return await runProgram(run, runtime, "start_program", task, PROBE_LIMIT_MS)
      .then(() => [], () => [module]);
  }));
  return hanging.flat();
}

/** Where Debian's Python is; one that a version manager put on PATH has no packages. */
const PYTHON = ["/usr/bin/python3", "python3"];

/** Times Python's clients. */
export async function pythonRows({ files }: Servers, quick: boolean): Promise<Row[]> {
  const program = new URL("./rivals.py", import.meta.url).pathname;
  const task = JSON.stringify({ url: `${files}/small`, rounds: quick ? 40 : 250, turnMs: 3 });
  for (const python of PYTHON) {
    try {
      const [turns = {}] = await resultsOf<Record<string, [us: number, cpu: number][]>>(
        python,
        [program, task],
        ".",
      );
      return Object.entries(turns).map(([name, values]): Row => ({
        ...{ runtime: "Python", scenario: OTHERS, name, unit: "us" },
        value: spreadOf(values.map(([us]) => us)),
        cpu: spreadOf(values.map(([, cpu]) => cpu)),
      }));
    } catch {
      // The next one may have them.
    }
  }
  return [];
}
