/** When calls go through Node's dispatcher, and what sees them. */
import { assertEquals } from "@std/assert";
import { npm, provide, type ToolName } from "../../scripts/tools.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { skipped } from "../support/skipped.ts";
import { nodeIn, runProgram, VERSIONS } from "./dispatch/node.ts";

const server = sharedFaultServer();
const withNpm = (await npm(".", ["--version"])).code === 0;

type Told = Readonly<Record<string, readonly [actual: unknown, expected: unknown]>>;

async function test(t: Deno.TestContext, name: ToolName, program: string): Promise<void> {
  const tool = withNpm ? await provide(name) : { missing: "npm is not installed" };
  if ("missing" in tool) return await skipped(t, tool.missing);
  const runtime = name === "bun"
    ? `${tool.folder}/node_modules/.bin/bun`
    : await nodeIn(tool.folder);
  const { code, reports, output } = await runProgram(runtime, program, [server.url]);
  assertEquals(code, 0, output.slice(-2_000));
  assertEquals(reports.length, 1, output.slice(-2_000));
  for (const [what, [actual, expected]] of Object.entries(reports[0] as Told)) {
    await t.step(what, () => assertEquals(actual, expected));
  }
}

for (const version of VERSIONS) {
  Deno.test(`calls go through the dispatcher of ${version} where nothing is unusual`, (t) =>
    test(t, version, "uses"));
  Deno.test(`a fetch of the program's is used in ${version}`, (t) => test(t, version, "replaced"));
}

Deno.test("nothing but Node's own dispatcher is used", (t) => test(t, "bun", "elsewhere"));
