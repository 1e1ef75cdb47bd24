/** What is in the npm copy, whichever tool built it. */
import { assert, assertEquals } from "@std/assert";
import { createRequire } from "node:module";
import { ESM, formatsOf, readDenoJson, SCRIPT } from "../../scripts/npm_package.ts";
import { type NpmProject, npmProject } from "../../scripts/npm_project.ts";
import { sourceFiles } from "../../scripts/source_files.ts";
import { npm } from "../../scripts/tools.ts";
import { skipped } from "../support/skipped.ts";

const withNpm = (await npm(".", ["--version"])).code === 0;
const { exports } = readDenoJson();

function npmTest(name: string, test: (project: NpmProject) => unknown, peer = ""): void {
  Deno.test(`the npm copy ${name}`, async (t) => {
    if (!withNpm) return await skipped(t, "npm is not installed");
    if (peer) return await skipped(t, `its optional peer ${peer} is not installed with the copy`);
    await test(await npmProject());
  });
}

for (const [name, path] of Object.entries(exports)) {
  npmTest(
    `exports from "${name}" what the sources do, classes under their names`,
    async ({ folder, copy }) => {
      const names = namesOf(await import(import.meta.resolve(`../../${path}`)));
      assert(names.length > 0);
      const target = formatsOf(path).import.default;
      assertEquals(namesOf(await import(`file://${Deno.realPathSync(copy)}/${target}`)), names);
      const require = createRequire(`file://${Deno.realPathSync(folder)}/main.cjs`);
      assertEquals(namesOf(require(`@ax/client${name.slice(1)}`)), names);
    },
    name === "./plugins/tracing" ? "@opentelemetry/api" : "",
  );
}

/** What is exported and, as it is printed, the name of each class. */
function namesOf(module: object): string[] {
  return Object.entries(module)
    .map(([name, value]) => /^class\b/.test(String(value)) ? `${name}: ${value.name}` : name)
    .sort();
}

npmTest("has one copy of each class in a format, whatever entry it comes from", ({ folder }) => {
  const require = createRequire(`file://${Deno.realPathSync(folder)}/main.cjs`);
  const { AxError } = require("@ax/client");
  const transport = new (require("@ax/client/testing").MockTransport)();
  try {
    require("@ax/client").create({ transport }).getSync("https://example.com/nothing");
  } catch (error) {
    return assert(error instanceof AxError, String(error));
  }
  throw new Error("Expected the call to fail");
});

npmTest("is a few files, so that Node imports it quickly", async ({ copy }) => {
  for (const format of ["import", "require"] as const) {
    const seen = new Set<string>();
    await importsOf(`${copy}/${formatsOf(exports["."] ?? "")[format].default}`, seen);
    assert(seen.size > 1 && seen.size <= 8, [...seen].join("\n"));
  }
});

const IMPORTED = /^(?:import|\}|export).* ?"(\.[^"]+)";$|\brequire\("(\.[^"]+)"\)/gm;

async function importsOf(path: string, seen: Set<string>): Promise<void> {
  if (seen.has(path)) return;
  seen.add(path);
  const text = await Deno.readTextFile(path);
  for (const [, imported, required] of text.matchAll(IMPORTED)) {
    await importsOf(new URL(imported ?? required ?? "", `file://${path}`).pathname, seen);
  }
}

npmTest("leaves a program that only looks at errors without the client", async ({ copy }) => {
  for (const folder of [ESM, SCRIPT]) {
    const chunks = await sourceFiles(`${copy}/${folder}/src`, /^chunk-.*\.js$/);
    const texts = chunks.map((path) => Deno.readTextFileSync(path));
    const chunk = texts.find((text) => /^function isAxError\(/m.test(text)) ?? "";
    assert(chunk.length > 0);
    assertEquals(chunk.includes("class Client "), false);
  }
});

npmTest("imports nothing by a scheme that only Deno knows", async ({ copy }) => {
  for (const path of await sourceFiles(copy, /\.(js|d\.ts)$/)) {
    const text = await Deno.readTextFile(path);
    const found = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*"(?:npm|jsr):[^"]*"/.exec(
      text.replace(/^\s*\*.*$/gm, ""),
    );
    assertEquals(found?.[0], undefined, path);
  }
});
