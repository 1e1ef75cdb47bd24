/** TypeScript projects that install the npm copy, as strict as can be. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { anyNode } from "../../scripts/matrix/runtimes.ts";
import { withPrograms } from "../../scripts/npm_project.ts";
import { captureCommand } from "../../scripts/run_deno.ts";
import { provide } from "../../scripts/tools.ts";
import { skipped } from "../support/skipped.ts";

/** With Node's types, and without them as in a project for browsers. */
const PROJECTS: Record<string, Record<string, unknown>> = {
  "Node's types": { lib: ["ES2022"], types: ["node"] },
  "the DOM's types": { lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] },
  "the newest types": { lib: ["ESNext", "DOM"], types: [] },
};

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true,
  target: "ES2022",
  module: "nodenext",
  moduleResolution: "nodenext",
};

const node = await anyNode();

/** The README names the oldest one: bytes have been `Uint8Array<ArrayBuffer>` since. */
const COMPILERS = ["typescript", "oldest typescript"] as const;
const cases = COMPILERS.flatMap((compiler) =>
  Object.entries(PROJECTS).map((project) => [compiler, ...project] as const)
);

for (const [compiler, name, options] of cases) {
  Deno.test(`the npm copy compiles in a strict nodenext project, ${compiler}, ${name}`, async (t) => {
    const tool = await provide(compiler);
    if (!node) return await skipped(t, "there is no Node");
    if ("missing" in tool) return await skipped(t, tool.missing);
    await withPrograms("tests/npm/consumer", async (cwd) => {
      const modules = `${tool.folder}/node_modules`;
      const compilerOptions = { ...STRICT, ...options, typeRoots: [`${modules}/@types`] };
      // The same program as CommonJS and as an ES module.
      await Deno.copyFile(`${cwd}/main.ts`, `${cwd}/module.mts`);
      const config = { compilerOptions, files: ["main.ts", "module.mts"] };
      await Deno.writeTextFile(`${cwd}/tsconfig.json`, JSON.stringify(config));
      const args = [`${modules}/typescript/lib/tsc.js`, "-p", "."];
      const { code, output } = await captureCommand(node.program, args, { cwd });
      assertEquals({ code, output }, { code: 0, output: "" });
    });
  });
}

Deno.test("the README names the oldest TypeScript that is tested", async () => {
  const tools = await Deno.readTextFile("scripts/tools.ts");
  const oldest = /"oldest typescript": \["typescript@(\d+\.\d+)/.exec(tools)?.[1];
  assertStringIncludes(await Deno.readTextFile("README.md"), `TypeScript ${oldest} or newer`);
});
