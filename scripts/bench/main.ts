/**
 * Measures the package against its floors and against other clients, in every runtime that is
 * here: prints what the targets have come to, and writes docs/benchmarks.md and its chart.
 *
 * `--quick` takes less than a minute and writes nothing. `--only=<part of a scenario's name>` and
 * `--runtime=<part of a runtime's name>` narrow a run down; it writes nothing then either.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { capture } from "../run_deno.ts";
import { chart } from "./chart.ts";
import { machineOf } from "./machine.ts";
import { page } from "./page.ts";
import { pythonRows, type Row, sizeRows, startRows, timingRows } from "./rows.ts";
import { startServers } from "./servers.ts";
import { findRuntimes, makeRunFolder, PACKAGES } from "./setup.ts";
import { judge, printable } from "./targets.ts";

const PAGE = "docs/benchmarks.md";
const CHART = "docs/benchmarks.svg";

const option = (name: string): string | undefined =>
  Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

const quick = Deno.args.includes("--quick");
const only = option("only") ?? "";
const runtimePart = option("runtime") ?? "";
const partial = quick || only !== "" || runtimePart !== "";
// Who asks for all of it wants the other clients and runtimes too.
if (!partial) Deno.env.set("AX_FETCH", "1");

const began = performance.now();
await using servers = await startServers();
await using run = await makeRunFolder();
const runtimes = (await findRuntimes(run, quick))
  .filter(({ name }) => name.includes(runtimePart));
for (const line of run.missing) console.log(`left out: ${line}`);

const depth = { quick, only };
const rows: Row[] = [];
for (const runtime of runtimes) {
  console.log(`measuring ${runtime.name} ...`);
  try {
    rows.push(...await timingRows(run, runtime, servers, depth));
    rows.push(...await startRows(run, runtime, servers, depth));
  } catch (error) {
    console.log(`left out: ${runtime.name}: ${(error as Error).message}`);
  }
}
if ("sync small JSON, others".includes(only)) rows.push(...await pythonRows(servers, quick));
if ("size".includes(only)) rows.push(...await sizeRows());

for (const { runtime, scenario, name, error } of rows) {
  if (error) console.log(`left out: ${runtime}, ${scenario}, ${name}: ${error}`);
}
const verdicts = judge(rows);
console.log(printable(rows, verdicts));
if (!partial) {
  const machine = machineOf(servers.software);
  await Deno.writeTextFile(CHART, chart(rows));
  await Deno.writeTextFile(PAGE, page({ rows, verdicts, machine, packages: PACKAGES }));
  await capture(["fmt", PAGE]);
  console.log(`${PAGE} and ${CHART} written`);
}
console.log(`${((performance.now() - began) / 1000).toFixed(0)} s`);
