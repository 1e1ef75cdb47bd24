/** What is in the npm copy, whichever tool built it. */
import { assert, assertEquals } from "@std/assert";
import * as main from "../../mod.ts";
import * as testing from "../../src/testing/mod.ts";
import { type NpmProject, npmProject } from "../../scripts/npm_project.ts";
import { npm } from "../../scripts/tools.ts";
import { skipped } from "../support/skipped.ts";

const withNpm = (await npm(".", ["--version"])).code === 0;

function npmTest(name: string, test: (project: NpmProject) => unknown): void {
  Deno.test(`the npm copy ${name}`, async (t) => {
    if (!withNpm) return await skipped(t, "npm is not installed");
    await test(await npmProject());
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
