/**
 * Runs a Deno subcommand with `@std` from JSR or, where JSR cannot be reached, from the
 * stand-ins in `tests/support/std/`: `deno run -A scripts/deno.ts test -A`.
 *
 * `AX_STD=jsr` or `AX_STD=local` chooses without looking.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { capture, passThrough } from "./run_deno.ts";
import { sourceFiles } from "./source_files.ts";

/** Where `@std` comes from. */
export type StdSource = "jsr" | "local";

const OFFLINE_MAP = "tests/support/offline.import_map.json";

/** A network that drops packets would otherwise hold up each task for minutes. */
const PROBE_LIMIT_MS = 8_000;

/** Says where `@std` is to come from: as `AX_STD` orders, else JSR if the test graph loads. */
export async function chooseStd(forced: string | undefined): Promise<StdSource> {
  if (forced === "jsr" || forced === "local") return forced;
  if (forced) throw new TypeError(`Cannot use AX_STD="${forced}": it is "jsr" or "local"`);
  const tests = (await sourceFiles("tests")).filter((path) => path.endsWith("_test.ts"));
  const probe = await capture(["cache", "-q", ...tests], { limitMs: PROBE_LIMIT_MS });
  return probe.code === 0 ? "jsr" : "local";
}

/** Puts the import map of the stand-ins behind the subcommand's name, if they are wanted. */
export function denoArgs(args: string[], std: StdSource): string[] {
  const [subcommand = "help", ...rest] = args;
  return std === "jsr" ? args : [subcommand, "--import-map", OFFLINE_MAP, ...rest];
}

/** How many test files run at once: some of them wait for a limit most of their time. */
function jobs(): number {
  return navigator.hardwareConcurrency + 1;
}

if (import.meta.main) {
  const std = await chooseStd(Deno.env.get("AX_STD"));
  console.error(`@std: ${std === "jsr" ? "from JSR" : "local stand-ins (JSR not used)"}`);
  // The choice is handed on: a test that runs this script again must not look a second time.
  const env = { AX_STD: std, DENO_JOBS: Deno.env.get("DENO_JOBS") ?? String(jobs()) };
  Deno.exit(await passThrough(denoArgs(Deno.args, std), { env }));
}
