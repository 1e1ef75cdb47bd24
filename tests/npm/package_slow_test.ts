/** What the npm copy's package.json says, and what the linters of packages say to it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { npmProject } from "../../scripts/npm_project.ts";
import { anyNode } from "../../scripts/matrix/runtimes.ts";
import { formatsOf, readDenoJson } from "../../scripts/npm_package.ts";
import { captureCommand } from "../../scripts/run_deno.ts";
import { npm, provide } from "../../scripts/tools.ts";
import { skipped } from "../support/skipped.ts";

const node = await anyNode();
const withNpm = (await npm(".", ["--version"])).code === 0;
const linters = await provide("linters");

Deno.test({ name: "package.json of the npm copy is complete", ignore: !withNpm }, async () => {
  const { copy, builder } = await npmProject();
  const json = JSON.parse(await Deno.readTextFile(`${copy}/package.json`));
  const { name, version, exports } = readDenoJson();
  assertEquals([json.name, json.version], [name, version]);
  assertEquals(json.engines, { node: "^20.16.0 || >=22.3.0" });
  assertEquals(json.sideEffects, false);
  assertEquals(json.license, "MIT");
  // What `deno pack` made is for tests: npm refuses to publish it.
  assertEquals(json.private, builder === "dnt" ? undefined : true);
  assert(json.description.length > 20);
  assert(json.keywords.includes("http"));
  assertEquals(/TODO|your-|example\.(com|org)|placeholder/i.test(JSON.stringify(json)), false);
  const entries = Object.keys(json.exports).filter((entry) => entry !== "./package.json");
  assertEquals(entries.sort(), Object.keys(exports).sort());
  for (const [entry, path] of Object.entries(exports)) {
    const { import: esm, require } = json.exports[entry];
    assertEquals({ import: esm, require }, formatsOf(path), entry);
  }
  const targets = JSON.stringify(json.exports).match(/"\.\/(?:esm|script)\/[^"]+"/g) ?? [];
  assert(targets.length >= 4 * Object.keys(exports).length);
  for (const target of targets) assert((await Deno.stat(`${copy}/${JSON.parse(target)}`)).isFile);
});

Deno.test(
  { name: "the npm copy holds no sources, tests or scripts", ignore: !withNpm },
  async () => {
    const { copy } = await npmProject();
    const names = [...Deno.readDirSync(copy)].map(({ name }) => name);
    for (const name of ["tests", "scripts", "examples", "CONTRIBUTING.md", "deno.json"]) {
      assertEquals(names.includes(name), false, name);
    }
    for (const name of ["README.md", "LICENSE", "CHANGELOG.md"]) assert(names.includes(name), name);
  },
);

Deno.test("publint has nothing to say", async (t) => {
  if (!node) return await skipped(t, "there is no Node");
  if ("missing" in linters) return await skipped(t, linters.missing);
  const { tarball } = await npmProject();
  const program = `${linters.folder}/node_modules/publint/src/cli.js`;
  const args = [program, "run", tarball, "--strict"];
  const { code, output } = await captureCommand(node.program, args);
  assertEquals(code, 0, output);
  assertMatch(output, /All good!/);
});

Deno.test("attw finds the types from every kind of import", async (t) => {
  if (!node) return await skipped(t, "there is no Node");
  if ("missing" in linters) return await skipped(t, linters.missing);
  const { tarball } = await npmProject();
  const program = `${linters.folder}/node_modules/@arethetypeswrong/cli/dist/index.js`;
  const args = [program, tarball, "--profile", "node16", "--no-color", "--no-emoji"];
  const { code, output } = await captureCommand(node.program, args);
  assertEquals(code, 0, output);
});
