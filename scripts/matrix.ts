/**
 * Tries the package in every runtime that this machine has or can install, and writes the table
 * of docs/runtimes.md. `--check` compares instead; `--only=<part of a name>` picks.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { withProbeServer } from "./matrix/probe_server.ts";
import { RUNTIMES } from "./matrix/runtimes.ts";
import { differences, failures, type Row, rowOf, rowsOf, withTable } from "./matrix/table.ts";
import { capture } from "./run_deno.ts";

const PAGE = "docs/runtimes.md";

if (import.meta.main) {
  const checking = Deno.args.includes("--check");
  const only = Deno.args.find((arg) => arg.startsWith("--only="))?.slice(7) ?? "";
  // Whoever runs the matrix wants its runtimes.
  Deno.env.set("AX_FETCH", "1");
  const page = await Deno.readTextFile(PAGE);
  const known = new Map(rowsOf(page).map((row) => [row.name, row]));
  const tried: Row[] = [];
  const rows: Row[] = [];
  let failed = false;
  for (const { name, tested, run } of RUNTIMES) {
    const start = performance.now();
    const outcome = name.includes(only) ? await withProbeServer(run) : { missing: "not asked for" };
    const row = rowOf(name, tested, outcome);
    const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    if ("missing" in outcome) {
      console.log(`skipped ${name}: ${outcome.missing}`);
    } else {
      const problems = failures(outcome);
      failed ||= problems.length > 0;
      console.log(
        `${problems.length === 0 ? "ok     " : "FAILED "} ${name} ${row.version} ${seconds}`,
      );
      for (const problem of problems) console.log(problem);
      tried.push(row);
    }
    // A runtime that cannot be had here keeps the line of the machine that had it.
    rows.push("missing" in outcome ? known.get(name) ?? row : row);
  }
  if (checking) {
    const problems = differences(page, tried);
    for (const problem of problems) console.log(`${PAGE} is stale: ${problem}`);
    if (problems.length > 0) console.log("Run `deno task matrix`");
    failed ||= problems.length > 0;
  } else if (!failed) {
    await Deno.writeTextFile(PAGE, await withTable(page, rows));
    await capture(["fmt", PAGE]);
    console.log(`${PAGE} written`);
  }
  Deno.exit(failed ? 1 : 0);
}
