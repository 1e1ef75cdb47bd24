/**
 * Node's dispatcher in place of its fetch: the same calls by both, in each version of Node and in
 * both styles, give the same responses, errors and requests on the wire.
 */
import { assert, assertEquals, assertNotEquals, assertObjectMatch } from "@std/assert";
import { npm, provide } from "../../scripts/tools.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { skipped } from "../support/skipped.ts";
import { nodeIn, runProgram, VERSIONS } from "./dispatch/node.ts";
import type { RowReport } from "./dispatch/program.ts";

const server = sharedFaultServer();
const withNpm = (await npm(".", ["--version"])).code === 0;

/** An outcome without what tells one run from another. */
function comparable(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/\b(?:async|sync)-(?:fetch|dispatch)-[\w-]*/g, "KEY");
  return JSON.parse(text);
}

function check({ fetch, dispatch, better }: RowReport): void {
  assertEquals(dispatch.stray, []);
  assertNotEquals(dispatch.closed, false, "The connection was left open");
  if (!better) return assertEquals(comparable(dispatch), comparable(fetch));
  const { value, error } = dispatch as Record<string, Record<string, unknown> | undefined>;
  const outcome = JSON.stringify(error ?? value)
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+[^"\\]*/g, "SERVER");
  assertObjectMatch({ outcome: JSON.parse(outcome) }, { outcome: better.outcome });
  // Where fetch can do it as well, the row is as the others.
  if (!better.fatal) assertNotEquals(comparable(dispatch), comparable(fetch));
}

for (const version of VERSIONS) {
  for (const style of ["async", "sync"]) {
    Deno.test(`the dispatcher of ${version} does what its fetch does [${style}]`, async (t) => {
      const tool = withNpm ? await provide(version) : { missing: "npm is not installed" };
      if ("missing" in tool) return await skipped(t, tool.missing);
      const node = await nodeIn(tool.folder);
      const { code, reports, output } = await runProgram(node, "program", [server.url, style]);
      for (const report of reports as RowReport[]) {
        await t.step(report.name, () => check(report));
      }
      assertEquals(code, 0, output.slice(-2_000));
      assert(reports.length >= 200, `Only ${reports.length} rows`);
    });
  }
}
