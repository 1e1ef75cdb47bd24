/**
 * Runs the tests, or those that are named, and prints which lines of `src/` they ran; the table
 * comes after a failure too, and the exit code is that of the tests.
 *
 * With `AX_WORKER_FILE=1` the bridge starts its worker from the file instead of the embedded source,
 * whose lines nobody could tell.
 *
 * @module
 */

import { chooseStd, denoArgs } from "./deno.ts";
import { passThrough } from "./run_deno.ts";

const FOLDER = ".coverage";

if (import.meta.main) {
  const std = await chooseStd(Deno.env.get("AX_STD"));
  const test = ["test", "-A", "--clean", `--coverage=${FOLDER}`, "--coverage-raw-data-only"];
  const env = { AX_STD: std, AX_WORKER_FILE: "1" };
  const code = await passThrough(denoArgs([...test, ...Deno.args], std), { env });
  const source = new URL("../src/", import.meta.url).href;
  const table = ["coverage", FOLDER, `--include=^${source}`, "--exclude=_source\\.ts$"];
  Deno.exit(await passThrough(table) || code);
}
