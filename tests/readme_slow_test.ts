/** The programs of the README as a user has them: outside of this checkout, in each runtime. */
import { assertEquals } from "@std/assert";
import { anyNode, findNode } from "../scripts/matrix/runtimes.ts";
import { readDenoJson } from "../scripts/npm_package.ts";
import { npmProject } from "../scripts/npm_project.ts";
import { capture, captureCommand, type RunResult } from "../scripts/run_deno.ts";
import { npm, provide } from "../scripts/tools.ts";
import {
  assertPrinted,
  type Call,
  filesOf,
  MAIN,
  type PageProgram,
  programsOf,
} from "./support/page_programs.ts";
import { startPageServer } from "./support/page_server.ts";
import { skipped } from "./support/skipped.ts";

const CHECKOUT = new URL("..", import.meta.url).pathname;
const programs = programsOf(await Deno.readTextFile(`${CHECKOUT}/README.md`));
const withNpm = (await npm(".", ["--version"])).code === 0;

/** Prints each call as a line of JSON. */
const PRINT = '((...call) => console.log("printed " + JSON.stringify(call)))';
const LIMITS = { env: { NO_COLOR: "1" }, limitMs: 60_000 };

/** How a file is run. */
type Run = (file: string, folder: string) => Promise<RunResult>;

/** Runs every program in a folder of its own below that one. */
async function runAll(t: Deno.TestContext, below: string, run: Run): Promise<void> {
  using server = await startPageServer();
  for (const program of programs) {
    await t.step(`${program.heading}, line ${program.line}`, async () => {
      const folder = await Deno.makeTempDir({ dir: below });
      const { code, output } = await runOne(program, folder, server.origin, run);
      assertEquals(code, 0, output);
      assertPrinted(program, printedIn(output), server.origin);
    });
  }
}

async function runOne(
  program: PageProgram,
  folder: string,
  origin: string,
  run: Run,
): Promise<RunResult> {
  for (const [name, text] of Object.entries(filesOf(program, origin, PRINT))) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  return await run(MAIN, folder);
}

function printedIn(output: string): Call[] {
  return Array.from(output.matchAll(/^printed (.*)$/gm), ([, call = ""]) => JSON.parse(call));
}

/** A folder of a Deno user's, who has added the package. */
async function denoFolder(config: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const { version } = readDenoJson();
  const imports = { "@ax/client": `jsr:@ax/client@^${version}` };
  const settings = { imports, links: [CHECKOUT], lock: false, ...config };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(settings));
  return folder;
}

Deno.test("the README runs in Deno, in an empty folder", async (t) => {
  const folder = await denoFolder();
  await runAll(t, folder, (file, cwd) => capture(["run", "-A", file], { ...LIMITS, cwd }));
  await Deno.remove(folder, { recursive: true });
});

for (const runtime of ["Node 22", "Node 24", "Bun"] as const) {
  Deno.test(`the README runs in ${runtime}, in a project with the npm copy`, async (t) => {
    if (!withNpm) return await skipped(t, "npm is not installed");
    const program = await programOf(runtime);
    if (typeof program !== "string") return await skipped(t, program.missing);
    const { folder } = await npmProject();
    const below = await Deno.makeTempDir({ dir: folder });
    await Deno.writeTextFile(`${below}/package.json`, '{ "type": "module" }');
    await runAll(t, below, (file, cwd) => captureCommand(program, [file], { ...LIMITS, cwd }));
    await Deno.remove(below, { recursive: true });
  });
}

async function programOf(runtime: "Node 22" | "Node 24" | "Bun"): Promise<
  string | { missing: string }
> {
  if (runtime === "Bun") {
    const tool = await provide("bun");
    return "missing" in tool ? tool : `${tool.folder}/node_modules/bun/bin/bun.exe`;
  }
  const node = await findNode(runtime === "Node 22" ? "22" : "24");
  return "missing" in node ? node : node.program;
}

Deno.test("the README compiles in a strict TypeScript project for Node", async (t) => {
  const node = await anyNode();
  const tool = await provide("typescript");
  if (!withNpm || !node) return await skipped(t, "npm or Node is not installed");
  if ("missing" in tool) return await skipped(t, tool.missing);
  const modules = `${tool.folder}/node_modules`;
  const below = await Deno.makeTempDir({ dir: (await npmProject()).folder });
  await Deno.writeTextFile(`${below}/package.json`, '{ "type": "module" }');
  for (const program of programs) {
    const folder = await Deno.makeTempDir({ dir: below });
    for (
      const [name, text] of Object.entries(filesOf(program, "http://localhost", "console.log"))
    ) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
  }
  const compilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: false, allowImportingTsExtensions: true },
    ...{ target: "ES2022", module: "nodenext", lib: ["ES2022"], types: ["node"] },
    typeRoots: [`${modules}/@types`],
  };
  await Deno.writeTextFile(`${below}/tsconfig.json`, JSON.stringify({ compilerOptions }));
  const args = [`${modules}/typescript/lib/tsc.js`, "-p", "."];
  const { code, output } = await captureCommand(node.program, args, { cwd: below });
  assertEquals({ code, output }, { code: 0, output: "" });
  await Deno.remove(below, { recursive: true });
});

Deno.test("an SDK that follows the README can be published to JSR", async () => {
  const sdk = programs.find(({ heading }) => heading === "Publish an SDK");
  const settings = { name: "@me/github", version: "0.1.0", license: "MIT", exports: "./mod.ts" };
  const folder = await denoFolder(settings);
  await Deno.writeTextFile(`${folder}/mod.ts`, sdk?.code ?? "");
  const published = await capture(["publish", "--dry-run", "--allow-dirty"], {
    ...LIMITS,
    cwd: folder,
  });
  assertEquals(published.code, 0, published.output);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an SDK that follows the README passes the lint of its documentation", async () => {
  const sdk = programs.find(({ heading }) => heading === "Publish an SDK");
  // A linked package counts as a part of the one that is linted; one from a server does not.
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, source);
  const { port } = server.addr;
  const entry = `http://127.0.0.1:${port}/mod.ts`;
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const settings = { imports: { "@ax/client": entry }, lock: false };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(settings));
  await Deno.writeTextFile(`${folder}/mod.ts`, sdk?.code ?? "");
  const args = ["doc", "--lint", "--reload", `--allow-import=127.0.0.1:${port}`, "mod.ts"];
  const { code, output } = await capture(args, { ...LIMITS, cwd: folder });
  assertEquals(code, 0, output);
  await Deno.remove(folder, { recursive: true });
});

async function source(request: Request): Promise<Response> {
  const text = await Deno.readTextFile(CHECKOUT + new URL(request.url).pathname.slice(1));
  return new Response(text, { headers: { "content-type": "application/typescript" } });
}
