/** What is in the npm copy, whichever tool built it. */
import { assert, assertEquals } from "@std/assert";
import * as main from "../../mod.ts";
import * as testing from "../../src/testing/mod.ts";
import { anyNode } from "../../scripts/matrix/runtimes.ts";
import { type NpmProject, npmProject } from "../../scripts/npm_project.ts";
import { captureCommand, type RunResult } from "../../scripts/run_deno.ts";
import { npm, provide } from "../../scripts/tools.ts";
import { skipped } from "../support/skipped.ts";

const withNpm = (await npm(".", ["--version"])).code === 0;

function npmTest(name: string, test: (project: NpmProject, t: Deno.TestContext) => unknown): void {
  Deno.test(`the npm copy ${name}`, async (t) => {
    if (!withNpm) return await skipped(t, "npm is not installed");
    await test(await npmProject(), t);
  });
}

npmTest("exports the same things, classes under their own names", async ({ copy }) => {
  const { exports } = JSON.parse(await Deno.readTextFile(`${copy}/package.json`));
  for (const [name, source] of Object.entries({ ".": main, "./testing": testing })) {
    const url = `file://${Deno.realPathSync(copy)}/${exports[name].import}`;
    assertEquals(namesOf(await import(url)), namesOf(source));
  }
});

/** What is exported and, as it is printed, the name of each class. */
function namesOf(module: object): string[] {
  return Object.entries(module)
    .map(([name, value]) => /^class\b/.test(String(value)) ? `${name}: ${value.name}` : name)
    .sort();
}

npmTest("is a few files, so that Node imports it quickly", async ({ copy }) => {
  const { exports } = JSON.parse(await Deno.readTextFile(`${copy}/package.json`));
  const seen = new Set<string>();
  await importsOf(`${copy}/${exports["."].import}`, seen);
  assert(seen.size <= 6, [...seen].join("\n"));
});

async function importsOf(path: string, seen: Set<string>): Promise<void> {
  if (seen.has(path)) return;
  seen.add(path);
  const text = await Deno.readTextFile(path);
  for (const [, target] of text.matchAll(/^(?:import|\}|export).* ?"(\.[^"]+)";$/gm)) {
    await importsOf(new URL(target as string, `file://${path}`).pathname, seen);
  }
}

npmTest(
  "leaves a program that only looks at errors without the client",
  ({ copy, builder }) => {
    const folder = builder === "dnt" ? `${copy}/esm` : copy;
    const texts = [...Deno.readDirSync(`${folder}/src`)]
      .filter(({ name }) => /^chunk-.*\.js$/.test(name))
      .map(({ name }) => Deno.readTextFileSync(`${folder}/src/${name}`));
    const chunk = texts.find((text) => /^function isAxError\(/m.test(text)) ?? "";
    assert(/^export \{/m.test(chunk));
    assertEquals(chunk.includes("class Client "), false);
  },
);

const LINTERS = {
  publint: ({ copy }: NpmProject) => ["publint/src/cli.js", copy, "--strict"],
  attw: ({ tarball, builder }: NpmProject) => [
    "@arethetypeswrong/cli/dist/index.js",
    tarball,
    ...(builder === "dnt" ? [] : ["--profile", "esm-only"]),
  ],
};

for (const [name, argsFor] of Object.entries(LINTERS)) {
  npmTest(`has nothing that ${name} complains about`, async (project, t) => {
    const tool = await provide("linters");
    if ("missing" in tool) return await skipped(t, tool.missing);
    const node = await anyNode();
    if (!node) return await skipped(t, "there is no Node");
    const [program, ...args] = argsFor(project);
    const file = `${tool.folder}/node_modules/${program}`;
    const result: RunResult = await captureCommand(node.program, [file, ...args]);
    assertEquals(result.code, 0, result.output);
  });
}
