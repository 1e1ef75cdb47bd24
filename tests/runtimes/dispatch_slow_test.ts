/** When calls go through Node's dispatcher, and what sees them. */
import { assertEquals } from "@std/assert";
import { npm, provide, type ToolName } from "../../scripts/tools.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { skipped } from "../support/skipped.ts";
import { nodeIn, runProgram, VERSIONS } from "./dispatch/node.ts";

const server = sharedFaultServer();
const withNpm = (await npm(".", ["--version"])).code === 0;

type Told = Readonly<Record<string, readonly [actual: unknown, expected: unknown]>>;

/** Runs a program, which is given the folder of a package, or the server. */
async function test(
  t: Deno.TestContext,
  name: ToolName,
  program: string,
  library?: ToolName,
): Promise<void> {
  const tool = withNpm ? await provide(name) : { missing: "npm is not installed" };
  if ("missing" in tool) return await skipped(t, tool.missing);
  const given = library ? await provide(library) : { folder: server.url };
  if ("missing" in given) return await skipped(t, given.missing);
  const runtime = name === "bun"
    ? `${tool.folder}/node_modules/.bin/bun`
    : await nodeIn(tool.folder);
  const { code, reports, output } = await runProgram(runtime, program, [given.folder]);
  assertEquals(code, 0, output.slice(-2_000));
  assertEquals(reports.length, 1, output.slice(-2_000));
  for (const [what, [actual, expected]] of Object.entries(reports[0] as Told)) {
    await t.step(what, () => assertEquals(actual, expected));
  }
}

for (const version of VERSIONS) {
  Deno.test(`calls go through the dispatcher of ${version} where nothing is unusual`, (t) =>
    test(t, version, "uses"));
  Deno.test(`dispatchers of undici get in ${version} what fetch would give them`, (t) =>
    test(t, version, "agents", "undici"));
  Deno.test(`a fetch of the program's is used in ${version}`, (t) => test(t, version, "replaced"));
}

Deno.test("nothing but Node's own dispatcher is used", (t) => test(t, "bun", "elsewhere"));
