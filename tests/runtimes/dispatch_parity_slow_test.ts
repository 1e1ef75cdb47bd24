/**
 * Node's dispatcher in place of its fetch: the same calls by both, in each version of Node and in
 * both styles, give the same responses, errors and requests on the wire.
 */
import { assert, assertEquals, assertNotEquals, assertObjectMatch } from "@std/assert";
import { bundleFiles } from "../../scripts/esbuild.ts";
import { captureCommand } from "../../scripts/run_deno.ts";
import { npm, provide, type ToolName } from "../../scripts/tools.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { skipped } from "../support/skipped.ts";
import type { RowReport } from "./dispatch/program.ts";

const VERSIONS = ["node 20", "node 22", "node 24", "node 26"] as const satisfies ToolName[];

const server = sharedFaultServer();
const withNpm = (await npm(".", ["--version"])).code === 0;
let bundled: Promise<string> | undefined;

/** The program for Node, as one file. */
async function bundle(): Promise<string> {
  const entry = new URL("./dispatch/program.ts", import.meta.url).pathname;
  const [file] = await bundleFiles({ entryPoints: [entry] });
  const path = await Deno.makeTempFile({ suffix: ".mjs" });
  await Deno.writeTextFile(path, file?.text ?? "");
  return path;
}

/** What is the same for both but for the keys, the port of the server and the moment. */
function comparable(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/\b(?:async|sync)-(?:fetch|dispatch)-[\w-]*/g, "KEY");
  return JSON.parse(text);
}

function check({ fetch, dispatch, better }: RowReport): void {
  assertEquals(dispatch.stray, []);
  if (!better) return assertEquals(comparable(dispatch), comparable(fetch));
  const { value, error } = dispatch as Record<string, Record<string, unknown> | undefined>;
  const outcome = JSON.stringify(error ?? value)
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+[^"\\]*/g, "SERVER");
  assertObjectMatch(JSON.parse(outcome), better.outcome);
  // Where fetch can do it as well, the row is as the others.
  if (!better.fatal) assertNotEquals(comparable(dispatch), comparable(fetch));
}

for (const version of VERSIONS) {
  for (const style of ["async", "sync"]) {
    Deno.test(`the dispatcher of ${version} does what its fetch does [${style}]`, async (t) => {
      const tool = withNpm ? await provide(version) : { missing: "npm is not installed" };
      if ("missing" in tool) return await skipped(t, tool.missing);
      bundled ??= bundle();
      const program = await bundled;
      const node = await nodeOf(tool.folder);
      const { code, output } = await captureCommand(node, [program, server.url, style], {
        limitMs: 180_000,
      });
      const reports = output.split("\n").filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as RowReport);
      for (const report of reports) await t.step(report.name, () => check(report));
      assertEquals(code, 0, output.slice(-2_000));
      assert(reports.length >= 150, `Only ${reports.length} rows`);
    });
  }
}

/** The one package in it is the binary of Node. */
async function nodeOf(folder: string): Promise<string> {
  for await (const { name } of Deno.readDir(`${folder}/node_modules`)) {
    if (name.startsWith("node-")) return `${folder}/node_modules/${name}/bin/node`;
  }
  throw new Error(`There is no Node in "${folder}"`);
}
