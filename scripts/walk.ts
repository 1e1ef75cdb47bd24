/**
 * Prints the way of one warm `get` and one warm `getSync` through the files and functions of `src/`
 * on the calling thread, and fails where one is longer than its budget. `--brief` prints the sums.
 *
 * Each runs in a process of its own against a server in this one. Deno's `node:inspector` has V8's
 * profiler, so the sources are measured as they are.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { withProbeServer } from "./matrix/probe_server.ts";
import { capture } from "./run_deno.ts";
import {
  type Budget,
  type Entered,
  functionOrder,
  isOver,
  linesOf,
  sizeOf,
  type Stop,
  verdictOf,
  wayOf,
} from "./walk/way.ts";

/**
 * What one warm call may enter: what was reached, below the aim of 20 files and 80 functions, in sync
 * calls 25 and 100. Lower it with each file less.
 */
export const BUDGETS: Readonly<Record<string, Budget>> = {
  get: { files: 17, functions: 78 },
  getSync: { files: 20, functions: 83 },
};

const PROGRAM = "scripts/walk/program.ts";

const LIMIT_MS = 60_000;

/** Measures one warm call of a verb. */
export async function walk(verb: string): Promise<Stop[]> {
  const logs = await Deno.makeTempDir();
  try {
    return await withProbeServer(async (url) => {
      const flags = `--v8-flags=--log-function-events,--logfile=${logs}/v8.log`;
      const args = ["run", "-A", "--no-check", flags, PROGRAM, verb, url];
      const { code, output } = await capture(args, { limitMs: LIMIT_MS });
      const report = output.split("\n").find((line) => line.startsWith("["));
      if (code !== 0 || report === undefined) throw new Error(`Cannot walk ${verb}: ${output}`);
      const order = functionOrder(await mainLog(logs));
      return wayOf(JSON.parse(report) as Entered[], order);
    });
  } finally {
    await Deno.remove(logs, { recursive: true });
  }
}

/** V8 writes one log for each thread; the program runs on one of them. */
async function mainLog(folder: string): Promise<string> {
  for await (const { name } of Deno.readDir(folder)) {
    const log = await Deno.readTextFile(`${folder}/${name}`);
    if (log.includes(PROGRAM)) return log;
  }
  throw new Error(`Cannot order the functions: no log in ${folder} names ${PROGRAM}`);
}

if (import.meta.main) {
  const brief = Deno.args.includes("--brief");
  let over = false;
  for (const [verb, budget] of Object.entries(BUDGETS)) {
    const way = await walk(verb);
    const size = sizeOf(way);
    over ||= isOver(size, budget);
    if (!brief) console.log(linesOf(way).join("\n"));
    console.log(verdictOf(verb, size, budget));
  }
  if (over) Deno.exit(1);
}
