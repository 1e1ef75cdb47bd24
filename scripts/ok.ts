/**
 * Runs every gate and prints one line each; a failing gate's output follows its line.
 * `deno task ok --skip=test,publish` leaves gates out.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { packageExports } from "./check_exports.ts";
import { capture } from "./run_deno.ts";

/** One gate: its name and the Deno arguments that run it. */
type Gate = [name: string, args: string[]];

const script = (
  name: string,
  ...args: string[]
): string[] => ["run", "-A", `scripts/${name}.ts`, ...args];

const GATES: readonly Gate[] = [
  ["fmt", ["fmt", "--check"]],
  ["lint", ["lint"]],
  ["check", script("deno", "check")],
  ["readme", script("deno", "check", "--doc-only", "README.md")],
  ["layers", script("check_layers")],
  ["exports", script("check_exports")],
  ["worker", script("build_worker", "--check")],
  ["walk", script("walk")],
  ["size", script("check_size")],
  ["doc", ["doc", "--lint", ...Object.values(packageExports())]],
  ["test", ["task", "test"]],
  ["publish", ["publish", "--dry-run", "--allow-dirty"]],
];

/** Lines that are worth showing beside a gate's name. */
const SUMMARY = /^(?:(?:ok|FAILED) \| |size: |get(?:Sync)?: ).*$/gm;

const skipped = Deno.args.find((arg) => arg.startsWith("--skip="))?.slice(7).split(",") ?? [];
let failures = 0;
for (const [name, args] of GATES) {
  if (skipped.includes(name)) continue;
  const start = performance.now();
  const { code, output } = await capture(args, { env: { NO_COLOR: "1" }, limitMs: 30 * 60_000 });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const summary = output.match(SUMMARY)?.join("; ") ?? "";
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name.padEnd(8)} ${seconds} s  ${summary}`);
  if (code !== 0) {
    failures++;
    console.log(output);
  }
}
console.log(failures === 0 ? "All gates passed" : `${failures} of the gates failed`);
Deno.exit(failures === 0 ? 0 : 1);
