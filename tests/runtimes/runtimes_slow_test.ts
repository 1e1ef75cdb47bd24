/**
 * The same programs in every runtime that this machine has: both call styles, streams, async
 * functions on a sync call, an import without effects, an end by itself.
 */
import { assert, assertEquals } from "@std/assert";
import { withProbeServer } from "../../scripts/matrix/probe_server.ts";
import { RUNTIMES } from "../../scripts/matrix/runtimes.ts";
import { differences, failures, isGenerated, rowOf } from "../../scripts/matrix/table.ts";
import { npm } from "../../scripts/tools.ts";
import { skipped } from "../support/skipped.ts";

const page = await Deno.readTextFile("docs/runtimes.md");
const withNpm = (await npm(".", ["--version"])).code === 0;

for (const { name, tested, run } of RUNTIMES) {
  Deno.test(`the package works in ${name}, as docs/runtimes.md says`, async (t) => {
    if (!withNpm && !name.startsWith("Deno")) return await skipped(t, "npm is not installed");
    const outcome = await withProbeServer(run);
    if ("missing" in outcome) return await skipped(t, outcome.missing);
    assertEquals(failures(outcome), []);
    assertEquals(differences(page, [rowOf(name, tested, outcome)]), []);
  });
}

Deno.test("the table of docs/runtimes.md was written by `deno task matrix`", async () => {
  assert(await isGenerated(page), "Somebody changed it by hand: run `deno task matrix`");
});
