/**
 * Measures the package against its floors and against other clients, in every runtime that is
 * here: prints what the targets have come to, and writes docs/benchmarks.md and its chart.
 *
 * `--quick` takes less than a minute and writes nothing; its contenders are hardly warm. `--only=<part of a scenario's name>` and
 * `--runtime=<part of a runtime's name>` narrow a run down; it writes nothing then either.
 * `--runs=3` measures what has a target in three runs, half as long each; a target is met then
 * where it holds in two of them. `--against=<commit>` builds an old commit as one more contender,
 * `before`, and writes nothing.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { capture } from "../run_deno.ts";
import { buildBefore } from "./before.ts";
import { chart } from "./chart.ts";
import { printable } from "./format.ts";
import { machineOf } from "./machine.ts";
import { page } from "./page.ts";
import { combine, type Depth, type Row } from "./rows.ts";
import { startServers } from "./servers.ts";
import { findRuntimes, makeRunFolder, PACKAGES } from "./setup.ts";
import { sizeRows } from "./size_rows.ts";
import { importRows, readsLines, startRows } from "./start_rows.ts";
import { judgeRuns } from "./targets.ts";
import { OTHERS, pythonRows, timingRows } from "./timing_rows.ts";

const PAGE = "docs/benchmarks.md";
const CHART = "docs/benchmarks.svg";

const FLAGS = /^--(?:quick|(?:only|runtime|runs|against)=.*)$/;
const unknown = Deno.args.find((arg) => !FLAGS.test(arg));
if (unknown !== undefined) {
  console.log(
    `Unknown option ${unknown}; there are --quick, --only=, --runtime=, --runs=, --against=`,
  );
  Deno.exit(2);
}

const option = (name: string): string | undefined =>
  Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

const quick = Deno.args.includes("--quick");
const only = option("only") ?? "";
const runtimePart = option("runtime") ?? "";
const against = option("against");
const runs = Math.max(1, Number(option("runs") ?? 1));
const partial = quick || only !== "" || runtimePart !== "" || against !== undefined;
// Who asks for all of it wants the other clients and runtimes too.
if (!partial) Deno.env.set("AX_FETCH", "1");

const began = performance.now();
await using servers = await startServers({ lines: readsLines({ quick, only, runs, run: 0 }) });
await using before = against === undefined ? undefined : await buildBefore(against);
await using folder = await makeRunFolder(before);
const runtimes = (await findRuntimes(folder, quick))
  .filter(({ name }) => name.includes(runtimePart));
for (const line of folder.missing) console.log(`left out: ${line}`);

const measured: Row[][] = [];
for (let run = 0; run < runs; run++) {
  const depth: Depth = { quick, only, runs, run };
  const rows: Row[] = [];
  for (const runtime of runtimes) {
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${seconds} s: run ${run + 1} of ${runs}, ${runtime.name}`);
    for (const measure of [timingRows, startRows, importRows]) {
      try {
        rows.push(...await measure(folder, runtime, servers, depth));
      } catch (error) {
        console.log(`left out: ${runtime.name}: ${(error as Error).message}`);
      }
    }
  }
  if (OTHERS.includes(only)) rows.push(...await pythonRows(servers, quick));
  // Exact: a second time would say the same.
  if (run === 0 && "size".includes(only)) rows.push(...await sizeRows());
  measured.push(rows);
}

const rows = combine(measured);
for (const { runtime, scenario, name, error, value } of rows) {
  if (error && !value) console.log(`left out: ${runtime}, ${scenario}, ${name}: ${error}`);
}
const verdicts = judgeRuns(measured);
console.log(printable(rows, verdicts));
if (!partial) {
  const machine = machineOf(servers.software);
  await Deno.writeTextFile(CHART, chart(rows));
  await Deno.writeTextFile(PAGE, page({ rows, verdicts, machine, packages: PACKAGES }));
  await capture(["fmt", PAGE]);
  console.log(`${PAGE} and ${CHART} written`);
}
console.log(`${((performance.now() - began) / 1000).toFixed(0)} s`);
